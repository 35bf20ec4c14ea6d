"""What a publisher published since: a machine with a grant has no other reason to ask it ever again.

It asks once in five to seven days, so that it hears of a revocation within a week, and each machine at its own hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tenure.client.catalogs import keep_newer_catalogs
from tenure.client.revocations import keep_newer_revocations
from tenure.core.errors import Code, UsageError
from tenure.core.policy import DAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.client.state import ClientStore
    from tenure.core.clock import Clock
    from tenure.core.grant import Grant
    from tenure.core.revocation import RevocationList

EARLIEST: Final = 5 * DAY
"""Age of a list, in seconds, from which on machines ask for a newer one: publishers promise one within a week."""
_SPREAD: Final = 2 * DAY


class NewsPublisher(Protocol):
    """A publisher's API, as far as it tells everybody the same."""

    def catalogs(self, publisher_id: UUID, *, after: int) -> tuple[str, ...]:
        """The publisher's catalogs that lead from seq `after` to the newest.

        Raises:
            Refused, Unavailable, Untrusted: what the publisher said, or that it did not answer.
        """
        ...

    def revocations(self, publisher_id: UUID) -> str | None:
        """Its newest revocation list; None when it has signed none yet.

        Raises:
            As `catalogs`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Informed:
    """The machine knows what the product's publisher published."""


def news_due(known: RevocationList | None, grant: Grant, machine_id: UUID) -> int:
    """When a machine that knows this list, or none since its grant, asks for a newer one; Unix seconds.

    Machines that heard of a list together do not ask together again: each has its place within two days.
    """
    return (known.iat if known is not None else grant.iat) + EARLIEST + machine_id.int % _SPREAD


def hear_news(
    product_id: UUID, *, store: ClientStore, connect: Callable[[str | None], NewsPublisher], clock: Clock
) -> Informed:
    """The machine knows newer catalogs and the newest revocation list of the product's publisher, as far as they verify.

    Raises:
        UsageError: code `not_set_up`, when no catalog of the publisher is here.
        Refused, Unavailable, Untrusted: what the publisher said, that it did not answer, or that something does not
            verify; it was not taken then.
        LocalFault: the store cannot be written.
    """
    state = store.load()
    product = state.products.get(product_id)
    trusted = state.catalogs.get(product.publisher_id) if product is not None else None
    if trusted is None:
        raise UsageError(
            Code.NOT_SET_UP,
            f"No catalog of the publisher of product {product_id} is here.",
            "Install the product's key again: tenure client install-key KEY --catalog FILE.",
        )
    newest = trusted.newest
    publisher = connect(newest.publisher_url)
    unfollowed = keep_newer_catalogs(
        store, newest.publisher_id, publisher.catalogs(newest.publisher_id, after=newest.seq)
    )
    # After the catalogs, of which a newer one may name the key that signed the list.
    token = publisher.revocations(newest.publisher_id)
    unlisted = keep_newer_revocations(store, newest.publisher_id, token, now=clock())
    failure = unfollowed or unlisted
    if failure is not None:
        raise failure
    return Informed()
