"""The frame around every endpoint: find it, read a bounded body, answer, and never let an exception out.

RSGI (granian's own interface) is used as it is; a framework would halve the rate of fresh connections (ADR 0005).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from granian.rsgi import ProtocolClosed, ProtocolError

from tenure.core.errors import Code, Refused, TenureError, Unavailable
from tenure.core.peers import address_of
from tenure.wire.problems import CONTENT_TYPE, RETRY_AFTER_SECONDS, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from granian.rsgi import HTTPProtocol, Scope

BODY_SECONDS: Final = 10.0
"""How long a client may take to send a body: 16 KiB over the slowest modem line take under three."""
JSON: Final = "application/json"

log = logging.getLogger("tenure.http")
_encode = msgspec.json.Encoder().encode

Headers: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answers."""

    status: int
    body: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Request:
    """What an endpoint is asked; its body is read by `body` and `json_body`, bounded in size and time."""

    scope: Scope
    protocol: HTTPProtocol
    arguments: tuple[str, ...]
    """The parts of the path that stand for something, such as a publisher's id."""
    address: str
    """The peer's, without its port."""

    def header(self, name: str) -> str | None:
        """The header's value; names are lower case."""
        value: str | None = self.scope.headers.get(name)
        return value

    async def json_body(self, limit: int) -> bytes:
        """The body, which says that it is JSON and has at most `limit` bytes.

        Raises:
            BadTransferError: another content type (415), or the body does not arrive in time (408).
            Refused: code `too_large`; the rest of the body is not read.
        """
        content_type = (self.header("content-type") or "").partition(";")[0].strip().lower()
        if content_type != JSON:
            raise BadTransferError(
                415, f"Content-Type {JSON} was expected; {content_type[:80]!r} was found.", "Send JSON."
            )
        declared = self.header("content-length")
        if declared is not None and declared.isdecimal() and int(declared) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                if declared is not None:
                    return await self.protocol()
                return await self._read(limit)
        except TimeoutError as error:
            raise BadTransferError(
                408,
                f"The body did not arrive within {BODY_SECONDS:.0f} seconds.",
                "Send the whole body at once.",
            ) from error

    async def _read(self, limit: int) -> bytes:
        """A body of unknown length (chunked), in pieces."""
        body = bytearray()
        async for piece in self.protocol:
            body += piece
            if len(body) > limit:
                raise _too_large(limit)
        return bytes(body)


class BadTransferError(Refused):
    """The request is refused for how it was sent, with an HTTP status that its code alone does not have."""

    def __init__(self, status: int, detail: str, cure: str) -> None:
        """`status` is 408 or 415."""
        super().__init__(Code.INVALID_REQUEST, detail, cure)
        self.status = status


Endpoint: TypeAlias = Callable[[Request], Awaitable[Answer]]


class Table:
    """Routes as a literal table: `"GET /v1/publishers/*/catalogs"` to its endpoint; a star is an argument."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        """The table; a route never has more than one way to match."""
        self._exact: dict[tuple[str, str], Endpoint] = {}
        self._patterns: list[tuple[str, list[str], Endpoint]] = []
        for route, endpoint in endpoints.items():
            method, _, path = route.partition(" ")
            if "*" in path:
                self._patterns.append((method, path.split("/"), endpoint))
            else:
                self._exact[method, path] = endpoint

    def find(self, method: str, path: str) -> tuple[Endpoint, tuple[str, ...]] | None:
        """The endpoint of a method and path with the path's arguments, None when nothing is served there."""
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, ()
        parts = path.split("/")
        for expected, pattern, endpoint in self._patterns:
            if expected == method and len(parts) == len(pattern):
                pairs = list(zip(pattern, parts, strict=True))
                if all(wanted in {"*", found} for wanted, found in pairs):
                    return endpoint, tuple(found for wanted, found in pairs if wanted == "*")
        return None


class Application:
    """An RSGI application over a table of endpoints."""

    def __init__(self, table: Table, *, admit: Callable[[str], None] | None = None) -> None:
        """Serve what the table names; anything else is `not_found`.

        `admit(address)` raises when a peer may not ask; nothing of its request is read then.
        """
        self._table = table
        self._admit = admit
        self.answering: dict[str, float] = {}
        """The peers that are in a request, as granian writes them, and since when (`time.monotonic`)."""
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self) -> None:
        """Every request that was accepted has been answered."""
        await self._idle.wait()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        # A connection is in one request at a time: HTTP/1 answers pipelined ones in turn.
        self.answering[scope.client] = time.monotonic()
        self._idle.clear()
        try:
            await self._serve(scope, protocol)
        finally:
            self.answering.pop(scope.client, None)
            if not self.answering:
                self._idle.set()

    async def _serve(self, scope: Scope, protocol: HTTPProtocol) -> None:
        answer = await self._answer(scope, protocol)
        try:
            protocol.response_bytes(answer.status, answer.headers, answer.body)
        except (ProtocolClosed, ProtocolError):
            log.debug("the client left before its answer")

    async def _answer(self, scope: Scope, protocol: HTTPProtocol) -> Answer:
        address = address_of(scope.client)
        if self._admit is not None:
            try:
                self._admit(address)
            except TenureError as error:
                return closing(problem(error))
        found = self._table.find(scope.method, scope.path)
        if found is None:
            return problem(Refused(Code.NOT_FOUND, f"{scope.method} {scope.path[:200]} is not served here."))
        endpoint, arguments = found
        try:
            return await endpoint(Request(scope, protocol, arguments, address))
        except BadTransferError as error:
            return problem(error, status=error.status)
        except TenureError as error:
            return problem(error)
        except (ProtocolClosed, ProtocolError):
            return problem(Unavailable(Code.INTERNAL, "The client left before its request was whole."))
        except Exception:
            # The last door: a defect of ours is logged with its traceback and told without one.
            log.exception("a defect of Tenure's own, while answering %s %s", scope.method, scope.path)
            return problem(Unavailable(Code.INTERNAL, "The server failed.", "Its log says more."))


def json_answer(value: object, *, status: int = 200, headers: Headers | None = None) -> Answer:
    """`value` as JSON."""
    return Answer(status, _encode(value), [("content-type", JSON), *(headers or ())])


def problem(error: TenureError, *, status: int | None = None) -> Answer:
    """The error as a problem document; a 401 asks for a token, a 429 or 503 says when to come back."""
    document = problem_of(error, status=status)
    headers = [("content-type", CONTENT_TYPE)]
    if document.status == 401:  # noqa: PLR2004 - HTTP's own number
        headers.append(("www-authenticate", "Bearer"))
    if document.status in {429, 503}:
        headers.append(("retry-after", str(error.retry_after or RETRY_AFTER_SECONDS)))
    return Answer(document.status, _encode(document), headers)


def closing(answer: Answer) -> Answer:
    """The same answer as the last one of its connection."""
    return Answer(answer.status, answer.body, [*answer.headers, ("connection", "close")])


def _too_large(limit: int) -> Refused:
    return Refused(Code.TOO_LARGE, f"A request here has at most {limit:,} bytes.")
