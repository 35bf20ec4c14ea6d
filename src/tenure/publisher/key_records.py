"""The keys that were issued: finding them, who holds them, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused, UsageError
from tenure.core.revocation import Revocable
from tenure.publisher.store import catalogs_of
from tenure.publisher.texts import check_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from tenure.core.catalog import Product
    from tenure.core.product_key import KeyType
    from tenure.core.revocation import Revocation
    from tenure.publisher.authority import Authority
    from tenure.publisher.store import Holder, IssuedKey, Rows

SHORTEST_START: Final = 6
"""Characters of a key id that may stand for the whole, if no other key begins so."""


class KeyState(StrEnum):
    """Whether a key activates anything."""

    OPEN = "open"
    BLOCKED = "blocked"
    """It activates nothing new."""
    REVOKED = "revoked"
    """Nor is what it activated good any more."""


@dataclass(frozen=True, slots=True)
class KeyReport:
    """A key and who holds it."""

    key: IssuedKey
    product: Product | None
    """The one product that it is for; None: a host key."""
    used: int
    """Places that are taken."""
    revocation: Revocation | None = None
    holders: Sequence[Holder] = ()
    """Who has them; told where one key is asked for: a MAK may have very many."""

    @property
    def left(self) -> int:
        """Places that are free."""
        return max(0, self.key.limit - self.used)

    @property
    def state(self) -> KeyState:
        """Whether it activates anything."""
        if self.revocation is not None:
            return KeyState.REVOKED
        return KeyState.BLOCKED if self.key.blocked else KeyState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyQuery:
    """Which keys are asked for: those to which all of it applies. What is empty or None applies to every key."""

    customer: str = ""
    """A part of it, as all that follows in capital or small letters, unless said otherwise."""
    agreement: str = ""
    type: KeyType | None = None
    product: str = ""
    """A part of its name, or its whole id."""
    holder: str = ""
    """Whole and exact: the id of a host or a machine, or its fingerprint."""
    partial: str = ""
    """The last characters of the key, five at most."""
    text: str = ""
    """Words, each of which is a part of any of these, or of the key id; or a holder."""


class KeyOrder(StrEnum):
    """What keys are sorted by; those that are alike in it stay in the order in which they were issued."""

    ISSUED = "issued"
    CUSTOMER = "customer"
    PRODUCT = "product"
    TYPE = "type"
    USED = "used"


_SORTED_BY: Final[dict[KeyOrder, Callable[[KeyReport], Any]]] = {
    KeyOrder.ISSUED: lambda report: report.key.issued_at,
    KeyOrder.CUSTOMER: lambda report: (report.key.customer.casefold(), report.key.agreement.casefold()),
    KeyOrder.PRODUCT: lambda report: report.product.name.casefold() if report.product else "",
    KeyOrder.TYPE: lambda report: report.key.type.label,
    KeyOrder.USED: lambda report: report.used,
}


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Some keys out of many."""

    reports: Sequence[KeyReport]
    after: str | None
    """The key id after which the next page begins; None: this is the last one."""


def list_keys(
    authority: Authority, query: KeyQuery | None = None, *, order: KeyOrder = KeyOrder.ISSUED
) -> list[KeyReport]:
    """All secret keys to which the query applies (None: all).

    Raises:
        UsageError: code `not_set_up`.
    """
    with authority.store.reading() as rows:
        return sorted(_found(rows, query or KeyQuery(), after=None), key=_SORTED_BY[order])


def page_of_keys(authority: Authority, query: KeyQuery, *, after: str | None, limit: int) -> KeyPage:
    """The next `limit` keys to which the query applies, in the order in which they were issued, after that key.

    Raises:
        Refused: code `key_unknown`, when there is no key `after`.
        UsageError: code `not_set_up`.
    """
    with authority.store.reading() as rows:
        if after is not None and rows.key(after) is None:
            raise _unknown(after)
        reports = list(islice(_found(rows, query, after=after), limit + 1))
    if len(reports) <= limit:
        return KeyPage(reports, None)
    return KeyPage(reports[:limit], reports[limit - 1].key.key_id)


def show_key(authority: Authority, key_id: str) -> KeyReport:
    """One key, by its id or the beginning of it, and who holds it.

    Raises:
        Refused: code `key_unknown`.
        UsageError: code `invalid_argument`, when several keys begin so; `not_set_up`.
    """
    with authority.store.reading() as rows:
        catalog = catalogs_of(rows).newest
        key = find_key(rows, key_id)
        return KeyReport(
            key,
            catalog.product_numbered(key.product_number),
            rows.used(key.key_id),
            _revocations(rows).get(key.key_id),
            rows.holders(key.key_id),
        )


def edit_key(authority: Authority, key_id: str, *, customer: str | None, agreement: str | None) -> IssuedKey:
    """The key is this customer's, under this agreement (None: as before). Hosts are told by their next certificate.

    Raises:
        Refused: code `key_unknown`.
        UsageError: code `invalid_argument`: customer or agreement cannot stand in a certificate, nothing was given, or
            several keys begin so.
    """
    if customer is None and agreement is None:
        raise UsageError(
            Code.INVALID_ARGUMENT, "Nothing was given to change.", "Give --customer or --agreement."
        )
    with authority.store.transaction() as rows:
        key = find_key(rows, key_id)
        new = replace(
            key,
            customer=key.customer if customer is None else customer,
            agreement=key.agreement if agreement is None else agreement,
        )
        check_text("customer", new.customer)
        check_text("agreement", new.agreement)
        rows.save_customer(key.key_id, new.customer, new.agreement)
        before = f"was {key.customer!r}, agreement {key.agreement!r}"
        now = f"is {new.customer!r}, agreement {new.agreement!r}"
        authority.audit(rows, authority.clock(), "key edit", key.key_id, f"{now}; {before}")
        return new


def find_key(rows: Rows, key_id: str) -> IssuedKey:
    """The key of this id, or the only one whose id begins so.

    Raises:
        Refused: code `key_unknown`.
        UsageError: code `invalid_argument`, when several begin so.
    """
    whole = rows.key(key_id)
    if whole is not None:
        return whole
    if len(key_id) < SHORTEST_START:
        raise _unknown(key_id)
    fitting = rows.keys_beginning(key_id)
    if not fitting:
        raise _unknown(key_id)
    if len(fitting) > 1:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{len(fitting)} keys or more have an id that begins with {key_id!r}.",
            "Write more of it: " + ", ".join(key.key_id for key in fitting) + ".",
        )
    return fitting[0]


def _unknown(key_id: str) -> Refused:
    return Refused(
        Code.KEY_UNKNOWN,
        f"No key was issued under the id {key_id[:80]!r}.",
        f"See: tenure publisher key list. The first {SHORTEST_START} characters or more may stand for an id.",
    )


def _found(rows: Rows, query: KeyQuery, *, after: str | None) -> Iterator[KeyReport]:
    """The keys to which the query applies, in the order in which they were issued, made one by one."""
    products = {product.number: product for product in catalogs_of(rows).newest.products}
    revoked = _revocations(rows)
    held = frozenset(rows.keys_held_by(query.holder)) if query.holder else None
    text_held = frozenset(rows.keys_held_by(query.text)) if query.text else frozenset()
    for key, used in rows.issued_keys(after=after):
        product = products.get(key.product_number)
        if held is not None and key.key_id not in held:
            continue
        if _applies(query, key, product) and (
            key.key_id in text_held or _has_words(query.text, key, product)
        ):
            yield KeyReport(key, product, used, revoked.get(key.key_id))


def _applies(query: KeyQuery, key: IssuedKey, product: Product | None) -> bool:
    return (
        (query.type is None or key.type is query.type)
        and _within(query.customer, key.customer)
        and _within(query.agreement, key.agreement)
        and key.partial.endswith(query.partial.lstrip(".").upper())
        and (
            not query.product
            or (
                product is not None
                and (_within(query.product, product.name) or _is_id(query.product, product))
            )
        )
    )


def _has_words(text: str, key: IssuedKey, product: Product | None) -> bool:
    texts = [key.key_id, key.partial, key.type.label, key.customer, key.agreement, *(key.pools or ())]
    if product is not None:
        texts += [product.name, str(product.product_id)]
    folded = [one.casefold() for one in texts]
    return all(any(word in one for one in folded) for word in text.casefold().split())


def _within(part: str, whole: str) -> bool:
    return part.casefold() in whole.casefold()


def _is_id(text: str, product: Product) -> bool:
    return text.strip().lower() == str(product.product_id)


def _revocations(rows: Rows) -> dict[str, Revocation]:
    return {one.subject: one for one in rows.revocations() if one.kind is Revocable.KEY}
