"""Issuing product keys. The key itself is shown once and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.enrolment import HOSTS_PER_KEY
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import ALL_PRODUCTS, RANDOM_BITS, KeyType, ProductKey, make
from tenure.publisher.store import IssuedKey
from tenure.wire.keys import derived_pair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tenure.core.catalog import Product
    from tenure.publisher.authority import Authority
    from tenure.publisher.store import Holder


@dataclass(frozen=True, slots=True)
class KeyReport:
    """A key and who holds it."""

    key: IssuedKey
    holders: Sequence[Holder]

    @property
    def used(self) -> int:
        """Places that are taken."""
        return len(self.holders)

    @property
    def left(self) -> int:
        """Places that are free."""
        return max(0, self.key.limit - self.used)


def issue_host_key(
    authority: Authority, *, pools: Sequence[str], customer: str, agreement: str, trial: bool
) -> tuple[ProductKey, IssuedKey]:
    """A new host key for these pools (none: all), and what is kept of it.

    Raises:
        UsageError: code `invalid_argument`, when a pool does not exist; `not_set_up`.
    """
    known = authority.catalogs().newest.pools
    for pool in pools:
        if pool not in known:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"There is no pool {pool!r}.",
                f"The catalog has {', '.join(sorted(known)) or 'none yet: add a product first'}.",
            )
    key = make(KeyType.HOST, ALL_PRODUCTS, authority.random_bits(RANDOM_BITS))
    pair = derived_pair(key)
    now = authority.clock()
    issued = IssuedKey(
        key_id=pair.kid,
        public_x=pair.public.x,
        type=key.type,
        product_number=key.product_number,
        pools=tuple(dict.fromkeys(pools)) or None,
        limit=HOSTS_PER_KEY,
        customer=customer,
        agreement=agreement,
        trial=trial,
        partial=key.partial,
        issued_at=now,
    )
    with authority.store.transaction() as rows:
        rows.add_key(issued)
        rows.audit(now, "key issue", issued.key_id)
    return key, issued


def generic_key(authority: Authority, product_id: UUID) -> tuple[str, Product]:
    """The product's generic key, which is public and stands in the catalog.

    Raises:
        Refused: code `product_unknown`.
    """
    catalog = authority.catalogs().newest
    product = catalog.product(product_id)
    if product is None:
        raise Refused(
            Code.PRODUCT_UNKNOWN,
            f"The catalog has no product {product_id}.",
            "Add it first: tenure publisher product add.",
        )
    return product.generic_keys[0], product


def list_keys(authority: Authority) -> list[KeyReport]:
    """All keys that were issued, oldest first."""
    with authority.store.reading() as rows:
        return [KeyReport(key, rows.holders(key.key_id)) for key in rows.issued_keys()]


def show_key(authority: Authority, key_id: str) -> KeyReport:
    """One key and who holds it.

    Raises:
        Refused: code `key_unknown`.
    """
    with authority.store.reading() as rows:
        key = rows.key(key_id)
        if key is None:
            raise Refused(
                Code.KEY_UNKNOWN,
                f"No key was issued under the id {key_id[:80]}.",
                "See: tenure publisher key list.",
            )
        return KeyReport(key, rows.holders(key_id))
