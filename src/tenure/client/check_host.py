"""A contact test: how far a host can be reached, and what would happen if this machine asked it for a lease.

It only reads what the host tells everyone, so nothing is counted, and nothing here changes.

    name -> addresses -> port -> TLS -> health (clock, counts) -> certificates -> what would happen to each product
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tenure.client.host_address import DEFAULT_PORT
from tenure.client.published import certificates_of, health_of, newer_catalogs, newer_revocations
from tenure.client.revocations import known_revocations
from tenure.core.activation import reaches
from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted
from tenure.core.network import ConnectOutcome
from tenure.core.policy import clocks_agree
from tenure.wire.certificate import certificate_of
from tenure.wire.jws import Typ, read
from tenure.wire.revoked import check_not_revoked
from tenure.wire.trust import open_certificate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tenure.client.exchange import HostTransport
    from tenure.client.host_address import HostAddress
    from tenure.client.state import ClientState, FoundHost, InstalledProduct
    from tenure.core.certificate import HostCertificate
    from tenure.core.clock import Clock
    from tenure.core.network import Connection
    from tenure.core.server_certificate import ServerCertificate
    from tenure.wire.publication import Health, PoolHealth
    from tenure.wire.revocation import TrustedRevocations
    from tenure.wire.trust import TrustedCatalogs

_WORDS: Final = {
    ConnectOutcome.REFUSED: "refused the connection: nothing listens there",
    ConnectOutcome.TIMED_OUT: "did not answer: a firewall drops it, or nothing has this address",
    ConnectOutcome.UNREACHABLE: "cannot be reached from here",
    ConnectOutcome.NOT_TRIED: "was not tried",
}


class Network(Protocol):
    """What is asked below HTTP."""

    def addresses(self, name: str) -> Sequence[str]:
        """The addresses of a name.

        Raises:
            Unavailable: it has none, or nobody could tell.
        """
        ...

    def connect(self, address: str, port: int) -> Connection:
        """How a TCP connect that sends nothing ended."""
        ...

    def shake_hands(self, address: str, port: int, name: str) -> Handshake | None:
        """What a TLS server shows at an address, trusted or not; None: there was no handshake. No request follows."""
        ...


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a TLS server shows of itself, before anybody asked whether to trust it."""

    version: str
    """Such as `TLSv1.3`."""
    certificate: ServerCertificate


@dataclass(frozen=True, slots=True)
class Reached:
    """An address of the host, and how a connect to it ended."""

    address: str
    connection: Connection


@dataclass(frozen=True, slots=True)
class FoundCertificate:
    """A certificate of the host, as it says itself."""

    claimed: HostCertificate
    publisher: str | None
    """The publisher's name in the catalog by which it was verified; None: no catalog of it is known here."""
    problem: Untrusted | None
    """Why it does not verify; None where it does, or where nothing is known to verify it with."""

    @property
    def verified(self) -> bool:
        """Whether a catalog that is trusted here vouches for it."""
        return self.publisher is not None and self.problem is None


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would happen if this machine asked the host for a product."""

    product_id: UUID
    product: str
    count: int | None
    threshold: int | None
    refusal: TenureError | None
    """Why there would be no lease; None: there would be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCheck:
    """What was found about one host; what comes after a `failure` is empty."""

    host: HostAddress
    url: str
    """How it was asked."""
    found: FoundHost | None = None
    """How the DNS named it; None: somebody did."""
    failure: TenureError | None = None
    reached: tuple[Reached, ...] = ()
    tls: Handshake | None = None
    """None: it was asked without TLS, or there was no handshake."""
    health: Health | None = None
    clock_difference: int | None = None
    """Seconds by which the host's clock is ahead of this machine's."""
    certificates: tuple[FoundCertificate, ...] = ()
    prospects: tuple[Prospect, ...] = ()

    @property
    def trouble(self) -> TenureError | None:
        """The first reason why a machine would get no lease here; None: it would get them all."""
        refusals = [prospect.refusal for prospect in self.prospects if prospect.refusal is not None]
        return self.failure or (refusals[0] if refusals else None)


def check_host(
    host: HostAddress,
    state: ClientState,
    *,
    network: Network,
    transport: HostTransport,
    clock: Clock,
    found: FoundHost | None = None,
) -> HostCheck:
    """How far the host can be reached, and what it would do; it never raises for what it finds."""
    url = host.typed
    reached: tuple[Reached, ...] = ()
    tls: Handshake | None = None
    try:
        url = host.base_url(tls_required=state.tls_required)
        addresses = network.addresses(host.name)
        reached = tuple(Reached(address, network.connect(address, host.port)) for address in addresses)
        answering = [one.address for one in reached if one.connection.outcome is ConnectOutcome.OPEN]
        if not answering:
            raise _nothing_open(host, reached)
        if url.startswith("https:"):
            tls = network.shake_hands(answering[0], host.port, host.name)
        before = clock()
        health = health_of(host, transport)
        if health.host_id is None:
            raise Unavailable(
                Code.HOST_UNREACHABLE,
                f"At {host.text} a Tenure publisher answers, not an activation host.",
                f"Name the host; its port is {DEFAULT_PORT} unless its administrator chose another.",
            )
        difference = health.time - (before + clock()) // 2
        tokens = certificates_of(host, transport)
        catalogs = {
            publisher_id: newer_catalogs(host, trusted, transport)
            for publisher_id, trusted in state.catalogs.items()
        }
        revocations = {
            publisher_id: newer_revocations(
                host, trusted.newest, known_revocations(state, publisher_id), transport, now=clock()
            )
            for publisher_id, trusted in catalogs.items()
        }
        certificates = tuple(_opened(token, catalogs, clock()) for token in tokens)
    except TenureError as error:
        return HostCheck(host=host, url=url, found=found, failure=error, reached=reached, tls=tls)
    prospects = [
        _prospect(
            product,
            state,
            catalogs=catalogs,
            revocations=revocations,
            certificates=certificates,
            health=health,
            difference=difference,
        )
        for product in state.installed
    ]
    return HostCheck(
        host=host,
        found=found,
        url=url,
        reached=reached,
        tls=tls,
        health=health,
        clock_difference=difference,
        certificates=certificates,
        prospects=tuple(prospects),
    )


def _nothing_open(host: HostAddress, reached: Sequence[Reached]) -> Unavailable:
    told = "; ".join(f"{one.address} {_WORDS.get(one.connection.outcome, '')}" for one in reached)
    return Unavailable(
        Code.HOST_UNREACHABLE,
        f"No address of {host.name} answers on port {host.port}: {told}.",
        "Check that the host runs there and listens on this port, and the firewalls on the way (TCP).",
    )


def _opened(token: str, catalogs: dict[UUID, TrustedCatalogs], now: int) -> FoundCertificate:
    """The certificate, verified if its publisher's catalog is known here.

    Raises:
        Untrusted: it is no certificate at all.
    """
    claimed = certificate_of(read(token, Typ.HOST).claims)
    trusted = catalogs.get(claimed.publisher_id)
    if trusted is None:
        return FoundCertificate(claimed, None, None)
    try:
        open_certificate(token, trusted.newest, now=now)
    except Untrusted as error:
        return FoundCertificate(claimed, trusted.newest.name, error)
    return FoundCertificate(claimed, trusted.newest.name, None)


def _prospect(
    installed: InstalledProduct,
    state: ClientState,
    *,
    catalogs: dict[UUID, TrustedCatalogs],
    revocations: dict[UUID, TrustedRevocations | None],
    certificates: Sequence[FoundCertificate],
    health: Health,
    difference: int,
) -> Prospect:
    """In the order in which host and machine would find it: served, revoked, certificate, clocks, signature, count."""
    trusted = catalogs.get(installed.publisher_id)
    product = trusted.newest.product(installed.product_id) if trusted else None
    name = product.name if product else str(installed.product_id)
    pool = product.pool if product else ""
    counted = _pool(health, installed.publisher_id, pool)

    def but(refusal: TenureError | None) -> Prospect:
        threshold = counted.threshold if counted else None
        return Prospect(installed.product_id, name, counted.count if counted else None, threshold, refusal)

    found = next((c for c in certificates if c.claimed.publisher_id == installed.publisher_id), None)
    if not certificates:
        return but(Unavailable(Code.HOST_NOT_ACTIVATED, "This host is not activated.", _ACTIVATE))
    if found is None or pool not in found.claimed.pools:
        return but(
            Refused(
                Code.PRODUCT_NOT_SERVED,
                f"This host serves no leases for {name}.",
                "Ask a host that does, or have its publisher's host key installed there.",
            )
        )
    revoked = revocations.get(installed.publisher_id)
    try:
        check_not_revoked(revoked.newest.of_certificate(found.claimed) if revoked else None, health.time)
    except Unavailable as refusal:
        return but(refusal)
    if not found.claimed.valid_at(health.time):
        return but(
            Unavailable(Code.HOST_CERTIFICATE_EXPIRED, "This host's certificate is not valid now.", _ACTIVATE)
        )
    if not clocks_agree(difference, 0):
        return but(
            Refused(
                Code.CLOCK_SKEW,
                f"The host's clock is {abs(difference)} s {'ahead of' if difference > 0 else 'behind'} this machine's: "
                "over 4 hours.",
                "Set the wrong one right (UTC); the dates above tell which it is.",
            )
        )
    if found.problem is not None:
        return but(found.problem)
    if counted is not None and not reaches(_count_after(installed, state, counted), counted.threshold):
        return but(
            Refused(
                Code.COUNT_INSUFFICIENT,
                f"The host counts {counted.count} of {counted.threshold} machines.",
                "Asking makes this machine count. The agent waits for the rest: tenure client run.",
            )
        )
    return but(None)


_ACTIVATE: Final = "Its administrator does it there: tenure host activate."


def _pool(health: Health, publisher_id: UUID, pool: str) -> PoolHealth | None:
    return next((p for p in health.pools or () if (p.publisher_id, p.pool) == (publisher_id, pool)), None)


def _count_after(installed: InstalledProduct, state: ClientState, counted: PoolHealth) -> int:
    """The count once this machine asked; one that holds a lease of this publisher is likely counted already."""
    return counted.count + (installed.product_id not in state.leases)
