"""How an answer reaches the client otherwise than it should: late, by half, twice, framed wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenure.conformance.answers import Pace, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.conformance.answers import Answer
    from tenure.conformance.site import Site
    from tenure.wire.activation import ActivationBody

_CHUNKS = 3


def late(answer: Answer) -> Answer:
    """In time, but not soon."""
    return _on_the_way(answer, lambda whole: replace(whole, pace=Pace.LATE))


def too_late(answer: Answer) -> Answer:
    """When a client has given up."""
    return _on_the_way(answer, lambda whole: replace(whole, pace=Pace.TOO_LATE))


def dripping(answer: Answer) -> Answer:
    """Whole, and never silent for long, but over a time for which no client waits; the header comes at once."""
    return _on_the_way(answer, lambda whole: replace(whole, pace=Pace.DRIPPED))


def dripping_from_the_start(answer: Answer) -> Answer:
    """The same, beginning with the status line."""
    return _on_the_way(answer, lambda whole: Reply(head=b"", body=whole.head + whole.body, pace=Pace.DRIPPED))


def half(answer: Answer) -> Answer:
    """Cut off in the middle of its body."""
    return _on_the_way(answer, lambda whole: replace(whole, body=whole.body[: len(whole.body) // 2]))


def half_a_header(answer: Answer) -> Answer:
    """Cut off in the middle of its header."""
    return _on_the_way(answer, lambda whole: Reply(head=whole.head[: len(whole.head) // 2], body=b""))


def nothing(answer: Answer) -> Answer:
    """The host hangs up without a word."""
    return _on_the_way(answer, lambda _whole: Reply(head=b"", body=b""))


def shorter_than_said(answer: Answer) -> Answer:
    """Its length promises more than comes; all that was meant comes."""

    def promise_more(whole: Reply) -> Reply:
        said, more = (b"Content-Length: %d\r\n" % (len(whole.body) + extra) for extra in (0, 100))
        return replace(whole, head=whole.head.replace(said, more))

    return _on_the_way(answer, promise_more)


def with_header(answer: Answer, name: str, value: str) -> Answer:
    """With another line in its header."""
    line = f"\r\n{name}: {value}\r\n".encode()
    return _on_the_way(answer, lambda whole: replace(whole, head=whole.head.replace(b"\r\n", line, 1)))


def in_chunks(answer: Answer) -> Answer:
    """In chunks instead of with a length (RFC 9112, section 7.1)."""
    return _on_the_way(answer, lambda whole: _chunked(whole, b"0\r\n\r\n"))


def without_the_last_chunk(answer: Answer) -> Answer:
    """All chunks come but the empty one, which says that there are no more.

    Nothing was said of hanging up: where it was, some HTTP libraries take it for the end.
    """

    def broken_off(whole: Reply) -> Reply:
        chunked = _chunked(whole, b"")
        return replace(chunked, head=chunked.head.replace(b"Connection: close\r\n", b""))

    return _on_the_way(answer, broken_off)


def twice(answer: Answer) -> Answer:
    """Two answers come to one request, one behind the other."""
    return _on_the_way(answer, lambda whole: replace(whole, body=whole.body + whole.head + whole.body))


def _chunked(whole: Reply, end: bytes) -> Reply:
    length = b"Content-Length: %d\r\n" % len(whole.body)
    size = len(whole.body) // _CHUNKS + 1
    pieces = [whole.body[start : start + size] for start in range(0, len(whole.body), size)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return replace(whole, head=whole.head.replace(length, b"Transfer-Encoding: chunked\r\n"), body=body + end)


def _on_the_way(answer: Answer, change: Callable[[Reply], Reply]) -> Answer:
    def changed(site: Site, request: ActivationBody, at: int) -> Reply:
        return change(answer(site, request, at))

    return changed
