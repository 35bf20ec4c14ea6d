"""Which catalogs a machine trusts, and how newer ones take their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.core.errors import Code, Refused, Untrusted
from tenure.wire.catalog import catalog_of
from tenure.wire.jws import Typ, read
from tenure.wire.trust import first_catalogs, later_catalogs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tenure.client.state import ClientState, ClientStore
    from tenure.core.catalog import Catalog


def trust_catalogs(
    state: ClientState, tokens: Sequence[str], *, root_kid: str | None
) -> tuple[ClientState, Catalog]:
    """The state that trusts the catalogs as an administrator gave them, and the newest of them.

    1. a publisher that is new here is trusted on first use, or from `root_kid` where that is demanded
    2. a known publisher's list follows what is pinned, and a demanded root is the one that is pinned
    3. no product of it belongs to another publisher here

    Raises:
        Untrusted: the catalogs do not verify (1, 2).
        Refused: code `product_taken` (3).
    """
    if not tokens:
        raise Untrusted(Code.CHAIN_BROKEN, "The list of catalogs is empty.")
    known = state.catalogs.get(catalog_of(read(tokens[0], Typ.CATALOG).claims).publisher_id)
    if known is None:
        # 1
        trusted = first_catalogs(tokens, root_kid=root_kid)
    else:
        # 2
        trusted = later_catalogs(known, tokens)
        pinned = read(known.tokens[0], Typ.CATALOG).kid
        if root_kid is not None and pinned != root_kid:
            raise Untrusted(
                Code.CHAIN_BROKEN,
                f"This machine trusts this publisher from root {pinned}; root {root_kid} was demanded.",
                "Ask the publisher which of the two is its root.",
            )
    # 3
    _check_strangers(state, trusted.newest)
    return state.with_catalogs(trusted), trusted.newest


def follow_catalogs(state: ClientState, publisher_id: UUID, tokens: Sequence[str]) -> ClientState:
    """The state with those of `tokens`, as they came from the network, that follow what is trusted already.

    Raises:
        Untrusted: they do not follow; nothing was taken then.
        Refused: code `product_taken`.
    """
    known = state.catalogs.get(publisher_id)
    if known is None:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"No catalog of publisher {publisher_id} is trusted here, and none from the network is ever the first.",
            "Install the product's key again: tenure client install-key KEY --catalog FILE.",
        )
    trusted = later_catalogs(known, tokens)
    if trusted.tokens == known.tokens:
        return state
    _check_strangers(state, trusted.newest)
    return state.with_catalogs(trusted)


def keep_newer_catalogs(
    store: ClientStore, publisher_id: UUID, tokens: Sequence[str]
) -> Untrusted | Refused | None:
    """Catalogs that came with an answer are kept if they follow; if not, why not: the answer is judged by what is trusted.

    Raises:
        LocalFault: the store cannot be written.
    """
    if tokens:
        try:
            store.update(lambda state: follow_catalogs(state, publisher_id, tokens))
        except (Untrusted, Refused) as error:
            return error
    return None


def _check_strangers(state: ClientState, catalog: Catalog) -> None:
    for publisher_id, other in state.catalogs.items():
        if publisher_id == catalog.publisher_id:
            continue
        for product in catalog.products:
            if other.newest.product(product.product_id) is not None:
                raise Refused(
                    Code.PRODUCT_TAKEN,
                    f"Product {product.product_id} ({product.name!r}) belongs to {other.newest.name!r} here.",
                    "Two publishers cannot share a product id; ask both which of them it is.",
                )
