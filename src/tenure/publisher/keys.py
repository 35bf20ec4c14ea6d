"""Issuing product keys. The key itself is shown once and kept nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from tenure.core.enrolment import HOSTS_PER_KEY
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import ALL_PRODUCTS, RANDOM_BITS, KeyType, ProductKey, make
from tenure.publisher.store import IssuedKey, catalogs_of
from tenure.publisher.texts import check_text
from tenure.wire.keys import derived_pair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tenure.core.catalog import Catalog, Product
    from tenure.publisher.authority import Authority
    from tenure.publisher.store import Rows

MOST_ACTIVATIONS: Final = 1_000_000
"""Of one MAK. Whoever needs more issues a second key, which can be blocked alone."""


def issue_host_key(
    authority: Authority, *, pools: Sequence[str], customer: str, agreement: str, trial: bool
) -> tuple[ProductKey, IssuedKey]:
    """A new host key for these pools (none: all), and what is kept of it.

    Raises:
        UsageError: code `invalid_argument`, when a pool does not exist or customer or agreement cannot stand in a
            certificate; `not_set_up`.
    """
    with authority.store.transaction() as rows:
        known = catalogs_of(rows).newest.pools
        for pool in pools:
            if pool not in known:
                raise UsageError(
                    Code.INVALID_ARGUMENT,
                    f"There is no pool {pool!r}.",
                    f"The catalog has {', '.join(sorted(known)) or 'none yet: add a product first'}.",
                )
        return _issue(
            authority,
            rows,
            make(KeyType.HOST, ALL_PRODUCTS, authority.random_bits(RANDOM_BITS)),
            pools=tuple(dict.fromkeys(pools)) or None,
            limit=HOSTS_PER_KEY,
            customer=customer,
            agreement=agreement,
            trial=trial,
        )


def issue_machine_key(
    authority: Authority,
    type_: Literal[KeyType.MAK, KeyType.RETAIL],
    *,
    product_id: UUID,
    activations: int,
    customer: str,
    agreement: str,
) -> tuple[ProductKey, IssuedKey]:
    """A new MAK for so many machines, or a retail key for one, and what is kept of it.

    Raises:
        UsageError: code `invalid_argument`, when the number of activations is none of the type's, or customer or
            agreement cannot be printed; `not_set_up`.
        Refused: code `product_unknown`.
    """
    most = MOST_ACTIVATIONS if type_ is KeyType.MAK else 1
    if not 1 <= activations <= most:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"A {type_.label} key has 1 to {most:,} activations; {activations:,} were given."
            if most > 1
            else f"A {type_.label} key has one activation; {activations:,} were given.",
            "Issue a MAK for several machines, and several MAKs for very many.",
        )
    with authority.store.transaction() as rows:
        product = _product(catalogs_of(rows).newest, product_id)
        return _issue(
            authority,
            rows,
            make(type_, product.number, authority.random_bits(RANDOM_BITS)),
            pools=None,
            limit=activations,
            customer=customer,
            agreement=agreement,
            trial=False,
        )


def generic_key(authority: Authority, product_id: UUID) -> tuple[str, Product]:
    """The product's generic key, which is public and stands in the catalog.

    Raises:
        Refused: code `product_unknown`.
        UsageError: code `not_set_up`.
    """
    product = _product(authority.catalogs().newest, product_id)
    return product.generic_keys[0], product


def _issue(
    authority: Authority,
    rows: Rows,
    key: ProductKey,
    *,
    pools: tuple[str, ...] | None,
    limit: int,
    customer: str,
    agreement: str,
    trial: bool,
) -> tuple[ProductKey, IssuedKey]:
    """What is kept of the key is in the store, and the audit says so. The key itself goes to the caller alone."""
    # A customer that no certificate can hold would make every certificate of this key worthless.
    check_text("customer", customer)
    check_text("agreement", agreement)
    pair = derived_pair(key)
    now = authority.clock()
    issued = IssuedKey(
        key_id=pair.kid,
        public_x=pair.public.x,
        type=key.type,
        product_number=key.product_number,
        pools=pools,
        limit=limit,
        customer=customer,
        agreement=agreement,
        trial=trial,
        partial=key.partial,
        issued_at=now,
    )
    rows.add_key(issued)
    whose = f" of {customer}" if customer else ""
    authority.audit(rows, now, "key issue", issued.key_id, f"{key.type.label} key{whose}")
    return key, issued


def _product(catalog: Catalog, product_id: UUID) -> Product:
    product = catalog.product(product_id)
    if product is None:
        raise Refused(
            Code.PRODUCT_UNKNOWN,
            f"The catalog has no product {product_id}.",
            "Add it first: tenure publisher product add.",
        )
    return product
