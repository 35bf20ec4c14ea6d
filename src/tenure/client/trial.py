"""Whether a host may be rehearsed on: a fleet works with trial hosts only (design, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.client.published import certificates_of, newer_catalogs
from tenure.core.errors import Code, Refused, Untrusted
from tenure.wire.trust import TrustedCatalogs, open_certificate

if TYPE_CHECKING:
    from tenure.client.exchange import HostTransport
    from tenure.client.host_address import HostAddress
    from tenure.core.catalog import Product


def trial_host_catalogs(
    host: HostAddress, product: Product, catalogs: TrustedCatalogs, *, transport: HostTransport, now: int
) -> TrustedCatalogs:
    """The host's certificate for this product says `trial: true`; what comes back are the newest catalogs.

    1. newer catalogs that the host has follow the known ones
    2. a certificate of the product's publisher verifies, is valid now and covers the product's pool
    3. it says that it is for trials

    Raises:
        Refused: code `trial_only`, when there is no such certificate.
        Unavailable: the host gave no certificates.
    """
    # 1
    catalogs = newer_catalogs(host, catalogs, transport)
    # 2
    tokens = certificates_of(host, transport)
    found = False
    for token in tokens:
        try:
            certificate = open_certificate(token, catalogs.newest, now=now)
        except Untrusted:
            # Of another publisher: a host may serve several.
            continue
        found = found or certificate.valid_at(now)
        # 3
        if certificate.trial and certificate.valid_at(now) and product.pool in certificate.pools:
            return catalogs
    raise Refused(
        Code.TRIAL_ONLY,
        f"Host {host.text} has no trial certificate for {product.name!r}"
        + (": its certificate is for real use." if found else " that this catalog verifies."),
        "Machines that do not exist may be counted by a trial host only: tenure up makes one.",
    )
