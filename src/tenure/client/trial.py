"""Whether a host may be rehearsed on: a fleet works with trial hosts only (design, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tenure.client.exchange import Call
from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted
from tenure.wire.problems import error_of
from tenure.wire.publication import Certificates
from tenure.wire.trust import TrustedCatalogs, catalogs_in, later_catalogs, open_certificate

if TYPE_CHECKING:
    from tenure.client.exchange import HostTransport
    from tenure.client.host_address import HostAddress
    from tenure.core.catalog import Product

_OK: Final = 200


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
    catalogs = _with_newer(host, catalogs, transport)
    # 2
    tokens = _certificates(host, transport)
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


def _with_newer(host: HostAddress, catalogs: TrustedCatalogs, transport: HostTransport) -> TrustedCatalogs:
    newest = catalogs.newest
    try:
        answer = transport.ask(
            host, Call("GET", f"/v1/publishers/{newest.publisher_id}/catalogs?after={newest.seq}")
        )
        return later_catalogs(catalogs, catalogs_in(answer.body)) if answer.status == _OK else catalogs
    except TenureError:
        return catalogs


def _certificates(host: HostAddress, transport: HostTransport) -> tuple[str, ...]:
    answer = transport.ask(host, Call("GET", "/v1/certificates"))
    if answer.status != _OK:
        raise error_of(answer.status, answer.body)
    try:
        return msgspec.json.decode(answer.body, type=Certificates).certificates
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unavailable(
            Code.HOST_UNREACHABLE,
            f"What {host.text} answers is no list of certificates: {error}.",
            "Is this the address of a Tenure host?",
        ) from error
