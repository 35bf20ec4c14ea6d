"""The little world of a case: a publisher, its product, and one host, with keys that were made for this run alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tenure.core.catalog import Catalog, KeyEntry, Product
from tenure.core.certificate import LIFETIME_SECONDS, HostCertificate
from tenure.core.lease import Lease
from tenure.core.policy import BOUNDS, DAY, Kind, Policy
from tenure.core.product_key import RANDOM_BITS, KeyType, make
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, seq_of, sign_catalog
from tenure.wire.certificate import sign_certificate
from tenure.wire.jws import Typ
from tenure.wire.keys import SigningKey
from tenure.wire.lease import LeaseMint

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.wire.activation import ActivationBody

POOL: Final = "workstations"
POLICY: Final = Policy(threshold=25, renewal_interval_s=BOUNDS["renewal_interval_s"][0])
"""Renewals are due as early as a policy can say, so that an agent can be watched at them."""
MADE: Final = 30 * DAY
"""How long before the run the publisher began, in seconds."""
CERTIFIED: Final = 10 * DAY
"""How long before the run the host was certified, in seconds."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys of a run."""

    root: SigningKey
    signing: SigningKey
    next_root: SigningKey
    next_signing: SigningKey
    host: SigningKey
    next_host: SigningKey
    stranger: SigningKey
    """A key that no document names."""


@dataclass(slots=True, kw_only=True)
class Site:
    """Publisher and host as the case has them at this moment; a case changes them between two steps."""

    keys: Keys
    publisher_id: UUID
    product_id: UUID
    host_id: UUID
    next_host_id: UUID
    now: int
    """When the run began, Unix seconds."""
    generic_key: str
    host_key: SigningKey
    """Signs the leases; the certificate names it."""
    key_id: str
    """The host key that the host was activated with."""
    certificate_key: SigningKey
    """Signs the host's certificate."""
    certified_at: int
    """When it did so, Unix seconds."""
    epoch: int
    catalogs: list[str] = field(default_factory=list)
    """As the host hands them on."""
    said_seq: int | None = None
    """The seq of the newest catalog by the host's words; None: as it is."""
    hands_on_all: bool = False
    """The host hands on every catalog, also those that the client has."""
    revocations: str | None = None
    """The signed list, as the host hands it on."""
    revocation_seq: int = 0
    """The list's, by the host's words."""
    withholds: bool = False
    """The host answers 503 to whoever asks for catalogs or revocations."""

    @property
    def first_catalog(self) -> str:
        """The catalog that the client is given at the beginning."""
        return self.signed(self.catalog(), self.keys.root)

    @property
    def product(self) -> Product:
        """The one product."""
        return Product(
            product_id=self.product_id,
            number=0,
            name="Conformance",
            kind=Kind.WORKSTATION,
            pool=POOL,
            generic_keys=(self.generic_key,),
        )

    def catalog(self) -> Catalog:
        """The publisher's first catalog."""
        opened = self.now - MADE
        return Catalog(
            publisher_id=self.publisher_id,
            seq=1,
            iat=opened,
            name="Conformance",
            roots=(root_entry(self.keys.root, opened),),
            keys=(signing_entry(self.keys.signing, opened),),
            pools={POOL: POLICY},
            products=(self.product,),
        )

    @property
    def seq(self) -> int:
        """The newest catalog's, by the host's words."""
        if self.said_seq is not None:
            return self.said_seq
        return seq_of(self.catalogs[-1]) if self.catalogs else 1

    def certificate(
        self, change: Callable[[HostCertificate], HostCertificate], key: SigningKey | None
    ) -> str:
        """The host's certificate, changed, signed by `key` or by who signs certificates now."""
        certificate = HostCertificate(
            certificate_id="conformance",
            publisher_id=self.publisher_id,
            host_id=self.host_id,
            host_kid=self.host_key.kid,
            host_x=self.host_key.public.x,
            pools={POOL: POLICY},
            org="Conformance",
            agreement="",
            trial=True,
            key_id=self.key_id,
            nonce="conformance",
            iat=self.certified_at,
            exp=self.certified_at + LIFETIME_SECONDS,
        )
        return sign_certificate(change(certificate), key or self.certificate_key)

    def lease(
        self, request: ActivationBody, at: int, change: Callable[[Lease], Lease], key: SigningKey | None
    ) -> str:
        """The lease that answers the request at `at`, changed, signed by `key` or by the host."""
        lease = Lease(
            lease_id=str(request.request_id),
            host_id=self.host_id,
            machine_id=request.machine_id,
            product_id=request.product_id,
            pool=POOL,
            nonce=str(request.request_id),
            fingerprint=request.fingerprint,
            count=POLICY.threshold,
            threshold=POLICY.threshold,
            iat=at,
            exp=at + POLICY.lease_seconds,
            renew_after=at + POLICY.renewal_interval_s,
            epoch=self.epoch,
        )
        return LeaseMint(key or self.host_key).mint(change(lease))

    def signed(self, catalog: Catalog, root: SigningKey) -> str:
        """The catalog as a document under this root."""
        return sign_catalog(catalog, document_id=f"conformance-{catalog.seq}", root=root)


def new_site(
    *,
    now: int,
    new_uuid: Callable[[], UUID],
    new_seed: Callable[[], bytes],
    random_bits: Callable[[int], int],
) -> Site:
    """A site that nobody has seen before."""
    keys = Keys(*(SigningKey(new_seed()) for _ in range(7)))
    return Site(
        keys=keys,
        publisher_id=new_uuid(),
        product_id=new_uuid(),
        host_id=new_uuid(),
        next_host_id=new_uuid(),
        now=now,
        generic_key=make(KeyType.GENERIC, 0, random_bits(RANDOM_BITS)).text,
        host_key=keys.host,
        key_id=keys.host.kid,
        certificate_key=keys.signing,
        certified_at=now - CERTIFIED,
        epoch=now,
    )


def root_entry(key: SigningKey, opens: int) -> KeyEntry:
    """A root key's entry in a catalog."""
    return KeyEntry(key.kid, key.public.x, frozenset({Typ.CATALOG.value}), opens)


def signing_entry(key: SigningKey, opens: int) -> KeyEntry:
    """A signing key's entry in a catalog."""
    return KeyEntry(key.kid, key.public.x, SIGNED_BY_PUBLISHER, opens)
