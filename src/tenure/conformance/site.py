"""The little world of a case: a publisher, its product, and one host, with keys that were made for this run alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tenure.core.catalog import Catalog, KeyEntry, Product
from tenure.core.certificate import LIFETIME_SECONDS, HostCertificate
from tenure.core.lease import Lease
from tenure.core.policy import DAY, Kind, Policy
from tenure.core.product_key import RANDOM_BITS, KeyType, make
from tenure.core.revocation import Revocable, Revocation, RevocationList
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, seq_of, sign_catalog
from tenure.wire.certificate import sign_certificate
from tenure.wire.jws import Typ
from tenure.wire.keys import SigningKey
from tenure.wire.lease import LeaseMint
from tenure.wire.revocation import sign_revocations

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.wire.activation import ActivationBody

POOL: Final = "workstations"
POLICY: Final = Policy(threshold=25)
MADE: Final = 30 * DAY
"""How long before the run the publisher began, in seconds."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys of a run."""

    root: SigningKey
    signing: SigningKey
    next_root: SigningKey
    next_signing: SigningKey
    host: SigningKey
    stranger: SigningKey
    """A key that no document names."""


@dataclass(slots=True, kw_only=True)
class Site:
    """Publisher and host as the case has them at this moment; a case changes them between two steps."""

    keys: Keys
    publisher_id: UUID
    product_id: UUID
    host_id: UUID
    now: int
    """When the run began, Unix seconds."""
    generic_key: str
    catalogs: list[str] = field(default_factory=list)
    """As the host hands them on."""
    certificate_key: SigningKey | None = None
    """Who signs the host's certificate; None: the publisher's first signing key."""
    epoch: int = 0
    revocations: str | None = None
    """The signed list, as the host hands it on."""
    revocation_seq: int = 0

    @property
    def first_catalog(self) -> str:
        """The catalog that the client is given at the beginning."""
        return self._signed(self.catalog(), self.keys.root)

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
            roots=(_root(self.keys.root, opened),),
            keys=(_signing(self.keys.signing, opened),),
            pools={POOL: POLICY},
            products=(self.product,),
        )

    def rotate_signing_key(self) -> None:
        """A second catalog closes the signing key and opens another, by which the host is certified."""
        moment = self.now - DAY
        before = self.catalog()
        keys = (replace(before.keys[0], closes=moment), _signing(self.keys.next_signing, moment))
        self._publish(replace(before, seq=2, iat=moment, keys=keys), self.keys.root)
        self.certificate_key = self.keys.next_signing

    def rotate_root(self) -> None:
        """A second catalog names another root, which signs a third; the signing key is another one, too."""
        moment = self.now - 2 * DAY
        before = self.catalog()
        roots = (replace(before.roots[0], closes=moment), _root(self.keys.next_root, moment))
        between = replace(before, seq=2, iat=moment, roots=roots)
        self._publish(between, self.keys.root)
        keys = (*between.keys, _signing(self.keys.next_signing, moment))
        self._publish(replace(between, seq=3, iat=moment + 1, keys=keys), self.keys.next_root)
        self.certificate_key = self.keys.next_signing

    def revoke_host(self) -> None:
        """The publisher revoked the host a minute ago, and the host hands the list on all the same."""
        self._revoke(self.keys.signing)

    def forge_revocation(self) -> None:
        """A stranger says that the host is revoked."""
        self._revoke(self.keys.stranger)

    def forge_catalog(self) -> None:
        """A stranger signs a newer catalog, which names the stranger's keys and nobody else's."""
        before = self.catalog()
        forged = replace(
            before,
            seq=9,
            iat=self.now - DAY,
            roots=(_root(self.keys.stranger, before.iat),),
            keys=(_signing(self.keys.stranger, before.iat),),
        )
        self._publish(forged, self.keys.stranger)
        self.certificate_key = self.keys.stranger

    @property
    def seq(self) -> int:
        """The newest catalog's."""
        return seq_of(self.catalogs[-1]) if self.catalogs else 1

    def certificate(
        self, change: Callable[[HostCertificate], HostCertificate], key: SigningKey | None
    ) -> str:
        """The host's certificate, changed, signed by `key` or by whoever signs certificates now."""
        certificate = HostCertificate(
            certificate_id="conformance",
            publisher_id=self.publisher_id,
            host_id=self.host_id,
            host_kid=self.keys.host.kid,
            host_x=self.keys.host.public.x,
            pools={POOL: POLICY},
            org="Conformance",
            agreement="",
            trial=True,
            key_id=self.keys.host.kid,
            nonce="conformance",
            iat=self.now - 3_600,
            exp=self.now - 3_600 + LIFETIME_SECONDS,
        )
        return sign_certificate(change(certificate), key or self.certificate_key or self.keys.signing)

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
            epoch=self.epoch or self.now,
        )
        return LeaseMint(key or self.keys.host).mint(change(lease))

    def _revoke(self, key: SigningKey) -> None:
        self.revocation_seq += 1
        revoked = Revocation(kind=Revocable.HOST, subject=str(self.host_id), since=self.now - 60)
        self.revocations = sign_revocations(
            RevocationList(
                publisher_id=self.publisher_id,
                seq=self.revocation_seq,
                iat=self.now,
                next_update=self.now + DAY,
                entries=(revoked,),
            ),
            document_id=f"conformance-{self.revocation_seq}",
            signing_key=key,
        )

    def _publish(self, catalog: Catalog, root: SigningKey) -> None:
        if not self.catalogs:
            self.catalogs.append(self.first_catalog)
        self.catalogs.append(self._signed(catalog, root))

    def _signed(self, catalog: Catalog, root: SigningKey) -> str:
        return sign_catalog(catalog, document_id=f"conformance-{catalog.seq}", root=root)


def new_site(
    *,
    now: int,
    new_uuid: Callable[[], UUID],
    new_seed: Callable[[], bytes],
    random_bits: Callable[[int], int],
) -> Site:
    """A site that nobody has seen before."""
    keys = Keys(*(SigningKey(new_seed()) for _ in range(6)))
    generic = make(KeyType.GENERIC, 0, random_bits(RANDOM_BITS)).text
    return Site(
        keys=keys,
        publisher_id=new_uuid(),
        product_id=new_uuid(),
        host_id=new_uuid(),
        now=now,
        generic_key=generic,
    )


def _root(key: SigningKey, opens: int) -> KeyEntry:
    return KeyEntry(key.kid, key.public.x, frozenset({Typ.CATALOG.value}), opens)


def _signing(key: SigningKey, opens: int) -> KeyEntry:
    return KeyEntry(key.kid, key.public.x, SIGNED_BY_PUBLISHER, opens)
