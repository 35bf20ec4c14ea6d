"""Cutting a stream of bytes into records without ever holding more than one: lines, JSON objects, event elements.

A record over the limit comes out as None and is dropped while it is read, so neither a missing end nor a name of a
million characters costs memory.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_RECORD: Final = 1024 * 1024
"""Bytes of one record; an event of Windows has at most 64 KiB of data."""

_JSON_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}]', re.DOTALL)
_REST_OF_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_EVENT_START = re.compile(rb"<Event[\s>]")
_EVENT_END: Final = b"</Event>"
_LONGEST_MARK: Final = len(_EVENT_END)


def lines(chunks: Iterable[bytes], limit: int = MAX_RECORD) -> Iterator[bytes | None]:
    """Every line that is not blank, without its end."""
    tail = b""
    dropping = False
    for chunk in chunks:
        parts = (tail + chunk).split(b"\n")
        tail = parts.pop()
        if parts and dropping:
            parts[0] = b""
            dropping = False
        for part in parts:
            if len(part) > limit:
                yield None
            elif not part.isspace() and part:
                yield part
        if len(tail) > limit or dropping:
            if not dropping:
                yield None
            dropping = True
            tail = b""
    if tail and not dropping and not tail.isspace():
        yield tail


def json_objects(chunks: Iterable[bytes], limit: int = MAX_RECORD) -> Iterator[bytes | None]:
    """Every outermost JSON object, whether they stand in an array, behind each other, or alone."""
    scanner = _JsonScanner(limit)
    for chunk in chunks:
        yield from scanner.feed(chunk)
    if scanner.open:
        yield scanner.rest


class _JsonScanner:
    """What is known of the stream so far: the present object's bytes, its depth, and how far it was looked at."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = b""
        self._looked = 0
        self._depth = 0
        self._dropping = False
        self._in_string = False

    @property
    def open(self) -> bool:
        """Whether an object has begun and not ended."""
        return self._depth > 0 and not self._dropping

    @property
    def rest(self) -> bytes:
        """The object that has not ended."""
        return self._buffer

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """The objects that end in this chunk."""
        self._buffer += chunk
        begun = 0
        if self._in_string and not self._leave_string():
            return
        while found := _JSON_TOKEN.search(self._buffer, self._looked):
            token = self._buffer[found.start()]
            if token == 0x22 and found.end() - found.start() == 1:  # noqa: PLR2004 - a quote whose end has not come yet
                self._looked = found.start()
                break
            self._looked = found.end()
            if token == 0x7B:  # noqa: PLR2004 - {
                if self._depth == 0:
                    begun = found.start()
                self._depth += 1
            elif token == 0x7D and self._depth:  # noqa: PLR2004 - }
                self._depth -= 1
                if self._depth == 0:
                    if not self._dropping:
                        record = self._buffer[begun : self._looked]
                        yield record if len(record) <= self._limit else None
                    self._dropping = False
        else:
            self._looked = len(self._buffer)
        yield from self._keep(begun)

    def _keep(self, begun: int) -> Iterator[None]:
        """Only what the present object needs stays in memory."""
        if self._depth and not self._dropping and len(self._buffer) - begun > self._limit:
            yield None
            self._dropping = True
        keep_from = begun if self._depth and not self._dropping else self._looked
        if len(self._buffer) - keep_from > self._limit:
            # A string without an end, outside of a record or in one that is dropped already.
            self._in_string = True
            self._buffer = self._buffer[self._looked + 1 :]
            self._looked = 0
            self._leave_string()
            return
        self._buffer = self._buffer[keep_from:]
        self._looked -= keep_from

    def _leave_string(self) -> bool:
        """Whether the string that is being dropped ends in the buffer; what belonged to it is gone."""
        found = _REST_OF_STRING.match(self._buffer)
        end = found.end() if found else 0
        if end >= len(self._buffer) or self._buffer[end] != 0x22:  # noqa: PLR2004 - a quote
            self._buffer = self._buffer[end:]
            return False
        self._in_string = False
        self._looked = end + 1
        return True


def event_elements(chunks: Iterable[bytes], limit: int = MAX_RECORD) -> Iterator[bytes | None]:
    """Every `<Event>` element, with or without a root around them; an event that is cut short comes out as it is."""
    buffer = b""
    at = 0
    inside = False
    for chunk in chunks:
        buffer = buffer[at:] + chunk
        at = 0
        while True:
            if not inside:
                start = _EVENT_START.search(buffer, at)
                if start is None:
                    at = max(at, len(buffer) - _LONGEST_MARK)
                    break
                at = start.start()
                inside = True
            end = buffer.find(_EVENT_END, at)
            following = _EVENT_START.search(buffer, at + 1, end if end >= 0 else len(buffer))
            if following is not None:
                end = following.start()
            elif end >= 0:
                end += len(_EVENT_END)
                inside = False
            elif len(buffer) - at > limit:
                yield None
                at = len(buffer) - _LONGEST_MARK
                inside = False
                break
            else:
                break
            yield buffer[at:end] if end - at <= limit else None
            at = end
    if inside:
        yield buffer[at:]
