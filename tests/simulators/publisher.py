"""A publisher in memory: real keys and signatures, from seeds, so that every run signs the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid5

from tenure.core.catalog import Catalog, KeyEntry, Product
from tenure.core.certificate import LIFETIME_SECONDS, HostCertificate
from tenure.core.policy import DAY, DEFAULT_POLICIES, Kind, Policy
from tenure.core.product_key import KeyType, ProductKey, make
from tenure.core.revocation import Revocation, RevocationList
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, sign_catalog
from tenure.wire.certificate import sign_certificate
from tenure.wire.jws import Typ
from tenure.wire.keys import SigningKey, derived_pair
from tenure.wire.revocation import sign_revocations

NOW = 1_800_000_000
"""A time: 2027-01-15 08:00:00 UTC."""

PUBLISHER_ID = UUID("11111111-1111-4111-8111-111111111111")


def seeded(seed: int) -> SigningKey:
    """The key of a small number."""
    return SigningKey(bytes([seed]) * 32)


@dataclass
class SimulatedPublisher:
    """One publisher with a workstation product (number 0) and a server product (number 1)."""

    publisher_id: UUID = PUBLISHER_ID
    root: SigningKey = field(default_factory=lambda: seeded(1))
    signing_key: SigningKey = field(default_factory=lambda: seeded(2))
    policies: dict[str, Policy] = field(
        default_factory=lambda: {
            "workstations": DEFAULT_POLICIES[Kind.WORKSTATION],
            "servers": DEFAULT_POLICIES[Kind.SERVER],
        }
    )
    seq: int = 1
    opened: int = NOW - 1_000_000
    names: UUID | None = None
    """What product ids are made of, beside the names; None: the publisher's id, so that they are its own."""
    needs_os_id: bool = False
    """Whether its products want machines that have an installation id."""

    @property
    def workstation(self) -> Product:
        """The workstation product."""
        return self._product(0, "Draft Studio", Kind.WORKSTATION, "workstations")

    @property
    def server(self) -> Product:
        """The server product."""
        return self._product(1, "Render Server", Kind.SERVER, "servers")

    @property
    def host_key(self) -> ProductKey:
        """A host key for every pool."""
        return make(KeyType.HOST, 1023, 12345)

    @property
    def catalog(self) -> Catalog:
        """The catalog of this moment."""
        return Catalog(
            publisher_id=self.publisher_id,
            seq=self.seq,
            iat=NOW - 1_000_000 + self.seq,
            name="Example Software",
            roots=(KeyEntry(self.root.kid, self.root.public.x, frozenset({Typ.CATALOG.value}), self.opened),),
            keys=(
                KeyEntry(self.signing_key.kid, self.signing_key.public.x, SIGNED_BY_PUBLISHER, self.opened),
            ),
            pools=self.policies,
            products=(self.workstation, self.server),
            contact="licenses@publisher.example",
        )

    @property
    def catalog_token(self) -> str:
        """The catalog, signed."""
        return sign_catalog(self.catalog, document_id=f"catalog-{self.seq}", root=self.root)

    def certify(self, host: SigningKey, host_id: UUID, *, iat: int = NOW - DAY, trial: bool = False) -> str:
        """A certificate for a host, signed."""
        return sign_certificate(
            HostCertificate(
                certificate_id="certificate-1",
                publisher_id=self.publisher_id,
                host_id=host_id,
                host_kid=host.kid,
                host_x=host.public.x,
                pools=self.policies,
                org="Example Customer",
                agreement="A-1",
                trial=trial,
                key_id=derived_pair(self.host_key).kid,
                nonce="request-1",
                iat=iat,
                exp=iat + LIFETIME_SECONDS,
            ),
            self.signing_key,
        )

    def revocations(self, *entries: Revocation, seq: int = 1, iat: int = NOW - 60) -> str:
        """A list of these, signed; a newer one is due after a week."""
        return sign_revocations(
            RevocationList(
                publisher_id=self.publisher_id, seq=seq, iat=iat, next_update=iat + 7 * DAY, entries=entries
            ),
            document_id=f"revocations-{seq}",
            signing_key=self.signing_key,
        )

    def _product(self, number: int, name: str, kind: Kind, pool: str) -> Product:
        return Product(
            product_id=uuid5(self.names or self.publisher_id, name),
            number=number,
            name=name,
            kind=kind,
            pool=pool,
            generic_keys=(make(KeyType.GENERIC, number, 777).text,),
            needs_os_id=self.needs_os_id,
        )
