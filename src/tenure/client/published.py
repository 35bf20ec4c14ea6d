"""What a host tells everyone: its health, its certificates, newer catalogs and what is revoked. Asking counts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from tenure.client.exchange import Call
from tenure.core.errors import Code, TenureError, Unavailable
from tenure.wire.printable import one_line
from tenure.wire.problems import error_of
from tenure.wire.publication import Certificates, Health
from tenure.wire.revocation import open_revocations, revocations_in
from tenure.wire.trust import TrustedCatalogs, catalogs_in, later_catalogs

if TYPE_CHECKING:
    from tenure.client.exchange import HostTransport
    from tenure.client.host_address import HostAddress
    from tenure.core.catalog import Catalog
    from tenure.wire.revocation import TrustedRevocations

_OK: Final = 200

T = TypeVar("T")


def health_of(host: HostAddress, transport: HostTransport) -> Health:
    """The host's time and counts.

    Raises:
        Unavailable, Refused: the host gave none.
    """
    return _told(host, transport, "/v1/health", Health, "the health of a Tenure host")


def certificates_of(host: HostAddress, transport: HostTransport) -> tuple[str, ...]:
    """The host's certificates, not verified yet.

    Raises:
        Unavailable, Refused: the host gave none.
    """
    return _told(host, transport, "/v1/certificates", Certificates, "a list of certificates").certificates


def newer_catalogs(host: HostAddress, catalogs: TrustedCatalogs, transport: HostTransport) -> TrustedCatalogs:
    """The catalogs, followed by those that the host has and that verify; a host without any changes nothing."""
    newest = catalogs.newest
    try:
        answer = transport.ask(
            host, Call("GET", f"/v1/publishers/{newest.publisher_id}/catalogs?after={newest.seq}")
        )
        return later_catalogs(catalogs, catalogs_in(answer.body)) if answer.status == _OK else catalogs
    except TenureError:
        return catalogs


def newer_revocations(
    host: HostAddress,
    catalog: Catalog,
    known: TrustedRevocations | None,
    transport: HostTransport,
    *,
    now: int,
) -> TrustedRevocations | None:
    """The host's list, if it verifies and is newer than the `known` one, which stays otherwise."""
    try:
        answer = transport.ask(host, Call("GET", f"/v1/publishers/{catalog.publisher_id}/revocations"))
        if answer.status != _OK:
            return known
        return open_revocations(revocations_in(answer.body), catalog, known, now=now)
    except TenureError:
        return known


def _told(host: HostAddress, transport: HostTransport, path: str, type_: type[T], what: str) -> T:
    answer = transport.ask(host, Call("GET", path))
    if answer.status != _OK:
        raise error_of(answer.status, answer.body)
    try:
        return msgspec.json.decode(answer.body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unavailable(
            Code.HOST_UNREACHABLE,
            f"What {host.text} answers is not {what}: {one_line(error)}.",
            "Is this the address of a Tenure host, without a proxy in between?",
        ) from error
