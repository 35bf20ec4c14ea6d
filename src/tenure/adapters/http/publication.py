"""What hosts and publishers tell everyone alike: whose catalogs they hold, the catalogs, and what is revoked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs
from uuid import UUID

from tenure.adapters.http.rsgi import Answer, Request, json_answer
from tenure.core.errors import Code, Refused
from tenure.wire.catalog import CatalogList, seq_of
from tenure.wire.publication import Publishers
from tenure.wire.revocation import RevocationBody

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure.adapters.http.rsgi import Endpoint
    from tenure.wire.trust import TrustedCatalogs


class Published(Protocol):
    """Where catalogs and revocation lists are."""

    async def catalogs(self) -> Mapping[UUID, TrustedCatalogs]:
        """The catalogs of every publisher known here; quick, or done elsewhere than on the event loop."""
        ...

    async def revocations(self, publisher_id: UUID) -> str | None:
        """The newest revocation list of a publisher, None where none is known; quick, as above."""
        ...


class PublicationEndpoints:
    """The paths that host and publisher share."""

    def __init__(self, published: Published) -> None:
        """Over whatever holds the catalogs."""
        self._published = published

    async def publishers(self, _request: Request) -> Answer:
        """`GET /v1/publishers`."""
        return json_answer(Publishers(tuple(await self._published.catalogs())))

    async def catalogs(self, request: Request) -> Answer:
        """`GET /v1/publishers/{id}/catalogs?after=SEQ`: those that lead from SEQ to the newest, oldest first."""
        after = _after(request.scope.query_string)
        known = await self._published.catalogs()
        trusted = known.get(_publisher(request.arguments[0]))
        if trusted is None:
            raise Refused(Code.NOT_FOUND, "That publisher is not known here.", "See GET /v1/publishers.")
        # A catalog may have a megabyte, and the list many: reading them would hold up everybody else.
        return json_answer(CatalogList(await asyncio.to_thread(_later, trusted.tokens, after)))

    async def revocations(self, request: Request) -> Answer:
        """`GET /v1/publishers/{id}/revocations`."""
        token = await self._published.revocations(_publisher(request.arguments[0]))
        if token is None:
            raise Refused(
                Code.NOT_FOUND, "No revocation list of that publisher is known here.", "Ask again later."
            )
        return json_answer(RevocationBody(token))

    def routes(self) -> Mapping[str, Endpoint]:
        """The paths."""
        return {
            "GET /v1/publishers": self.publishers,
            "GET /v1/publishers/*/catalogs": self.catalogs,
            "GET /v1/publishers/*/revocations": self.revocations,
        }


def _later(tokens: Sequence[str], after: int) -> tuple[str, ...]:
    return tuple(token for token in tokens if seq_of(token) > after)


def _publisher(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused(Code.NOT_FOUND, "A publisher's id is a UUID.", "See GET /v1/publishers.") from error


def _after(query: str) -> int:
    values = parse_qs(query[:1000], keep_blank_values=True).get("after", ["0"])
    if len(values) != 1 or not (values[0].isascii() and values[0].isdecimal()) or len(values[0]) > 16:  # noqa: PLR2004 - 2^53 has 16 digits
        raise Refused(Code.INVALID_REQUEST, "after=SEQ is a number.", "Leave it out for all catalogs.")
    return int(values[0])
