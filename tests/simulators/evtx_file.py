"""Writes .evtx files as Windows lays them out: chunks with one template each, of which every record gives the values.

Only what the event log of KMS needs. Layout: the description of libevtx ("Windows XML Event Log (EVTX) format").
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CHUNK = 65_536
HEADER = 4_096
DATA_ELEMENTS = 10
"""Of 12290; another number makes another template."""

_STRING, _UINT16, _UINT64, _FILETIME = 0x01, 0x06, 0x0A, 0x11


@dataclass(frozen=True)
class Record:
    """One event."""

    provider: str
    event_id: int
    at: float
    channel: str
    computer: str
    values: tuple[str, ...]


def evtx(records: Iterable[Record]) -> bytes:
    """A whole file; all records have the same number of values."""
    chunks: list[bytes] = []
    chunk = _Chunk(first=1)
    for number, record in enumerate(records, start=1):
        if not chunk.add(record, number):
            chunks.append(chunk.finish())
            chunk = _Chunk(first=number)
            assert chunk.add(record, number)
    chunks.append(chunk.finish())
    head = bytearray(HEADER)
    struct.pack_into(
        "<8sQQQIHHHH",
        head,
        0,
        b"ElfFile\x00",
        0,
        len(chunks) - 1,
        chunk.last + 1,
        128,
        1,
        3,
        HEADER,
        len(chunks),
    )
    struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[:120])))
    return bytes(head) + b"".join(chunks)


@dataclass
class _Chunk:
    first: int
    last: int = 0
    body: bytearray = field(default_factory=lambda: bytearray(512))
    template_at: int = 0
    last_record_at: int = 0

    def add(self, record: Record, number: int) -> bool:
        """Whether the record found room."""
        start = len(self.body)
        data_at = start + 24
        xml = bytearray(b"\x0f\x01\x01\x00\x0c\x01\x01\x00\x00\x00")
        if self.template_at:
            xml += struct.pack("<I", self.template_at)
        else:
            template_at = data_at + len(xml) + 4
            xml += struct.pack("<I", template_at)
            xml += _template(template_at, len(record.values))
        values = _values(record, number)
        xml += struct.pack("<I", len(values))
        for kind, data in values:
            xml += struct.pack("<HBB", len(data), kind, 0)
        xml += b"".join(data for _, data in values)
        size = 24 + len(xml) + 4
        if start + size > CHUNK:
            return False
        if not self.template_at:
            self.template_at = data_at + 14
        self.body += struct.pack("<4sIQQ", b"**\x00\x00", size, number, _filetime(record.at)) + xml
        self.body += struct.pack("<I", size)
        self.last_record_at = start
        self.last = number
        return True

    def finish(self) -> bytes:
        """The chunk with its header and checksums."""
        free = len(self.body)
        body = self.body + bytearray(CHUNK - free)
        struct.pack_into(
            "<8sQQQQIII",
            body,
            0,
            b"ElfChnk\x00",
            self.first,
            self.last,
            self.first,
            self.last,
            128,
            self.last_record_at,
            free,
        )
        struct.pack_into("<I", body, 52, zlib.crc32(bytes(body[512:free])))
        struct.pack_into("<I", body, 124, zlib.crc32(bytes(body[:120] + body[128:512])))
        return bytes(body)


def _values(record: Record, number: int) -> list[tuple[int, bytes]]:
    return [
        (_STRING, record.provider.encode("utf-16-le")),
        (_UINT16, struct.pack("<H", record.event_id)),
        (_FILETIME, struct.pack("<Q", _filetime(record.at))),
        (_UINT64, struct.pack("<Q", number)),
        (_STRING, record.channel.encode("utf-16-le")),
        (_STRING, record.computer.encode("utf-16-le")),
        *((_STRING, value.encode("utf-16-le")) for value in record.values),
    ]


def _template(at: int, data_elements: int) -> bytes:
    """The definition of the template, which begins at `at` in its chunk."""
    fragment_at = at + 24
    fragment = bytearray(b"\x0f\x01\x01\x00")
    builder = _Xml(fragment_at, fragment)
    system = builder.open("Event"), builder.open("System")
    builder.empty_with_attribute("Provider", "Name", 0, _STRING)
    builder.substituted("EventID", 1, _UINT16)
    builder.empty_with_attribute("TimeCreated", "SystemTime", 2, _FILETIME)
    builder.substituted("EventRecordID", 3, _UINT64)
    builder.substituted("Channel", 4, _STRING)
    builder.substituted("Computer", 5, _STRING)
    builder.close(system[1])
    data = builder.open("EventData")
    for place in range(data_elements):
        builder.substituted("Data", 6 + place, _STRING)
    builder.close(data)
    builder.close(system[0])
    fragment += b"\x00"
    return struct.pack("<I16sI", 0, b"tenure template.", len(fragment)) + bytes(fragment)


class _Xml:
    """Binary XML that grows at a known place of a chunk."""

    def __init__(self, at: int, data: bytearray) -> None:
        self._at = at
        self._data = data

    def open(self, name: str, *, attributes: bool = False) -> int:
        """An element begins; gives where its size belongs. Without attributes its content begins."""
        self._data += struct.pack("<BH", 0x41 if attributes else 0x01, 0xFFFF)
        size_at = len(self._data)
        self._data += b"\x00\x00\x00\x00"
        self._name(name)
        if not attributes:
            self._data += b"\x02"
        return size_at

    def close(self, size_at: int) -> None:
        """The element ends."""
        self._data += b"\x04"
        self._size(size_at)

    def substituted(self, name: str, value: int, kind: int) -> None:
        """An element whose text is a value of the record."""
        size_at = self.open(name)
        self._data += struct.pack("<BHB", 0x0D, value, kind)
        self.close(size_at)

    def empty_with_attribute(self, name: str, attribute: str, value: int, kind: int) -> None:
        """An element without content whose one attribute is a value of the record."""
        size_at = self.open(name, attributes=True)
        list_at = len(self._data)
        self._data += b"\x00\x00\x00\x00\x06"
        self._name(attribute)
        self._data += struct.pack("<BHB", 0x0D, value, kind)
        struct.pack_into("<I", self._data, list_at, len(self._data) - list_at - 4)
        self._data += b"\x03"
        self._size(size_at)

    def _size(self, at: int) -> None:
        struct.pack_into("<I", self._data, at, len(self._data) - at - 4)

    def _name(self, name: str) -> None:
        self._data += struct.pack("<I", self._at + len(self._data) + 4)
        self._data += struct.pack("<IHH", 0, _hash(name), len(name)) + name.encode("utf-16-le") + b"\x00\x00"


def _hash(name: str) -> int:
    value = 0
    for character in name:
        value = value * 65_599 + ord(character)
    return value & 0xFFFF


def _filetime(seconds: float) -> int:
    return int((seconds + 11_644_473_600) * 10_000_000)
