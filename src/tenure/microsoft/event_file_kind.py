"""What kind of file it is, told from its first bytes and never from its name; nothing is ever unpacked."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from typing import Final

import msgspec

from tenure.microsoft.event_csv import csv_columns, viewer_columns
from tenure.microsoft.event_text import looks_like_event_text
from tenure.microsoft.events import NotUnderstood
from tenure.microsoft.slmgr_text import looks_like_slmgr

HEAD: Final = 64 * 1024
"""Bytes that are looked at."""


class Kind(StrEnum):
    """The kinds of files that can be imported."""

    EVTX = "evtx"
    EVENT_XML = "event XML"
    JSON = "JSON"
    NDJSON = "NDJSON"
    CSV = "CSV"
    EVENT_TEXT = "event text"
    SLMGR = "slmgr text"


_ARCHIVES: Final = {
    b"PK\x03\x04": "a ZIP archive",
    b"PK\x05\x06": "a ZIP archive",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"MSCF": "a cabinet file",
    b"Rar!": "a RAR archive",
}
_EVTX: Final = b"ElfFile\x00"
_OLD_EVT: Final = b"LfLe"
_KMS_ROW = re.compile(r"[,;\t]\"?(?:1228[89]|1229[0-4]|12308)\"?[,;\t]")
_XML_EVENT = re.compile(r"<Event[\s>]")

_TEXTS: Final = (
    ("svr hostname", "nslookup's answer; `tenure microsoft check DOMAIN` looks it up and judges it"),
    (
        "TcpTestSucceeded",
        "Test-NetConnection's answer; `tenure microsoft check DOMAIN` tries the port itself",
    ),
    (
        "Volume activation will expire",
        "the text of slmgr /xpr, which names no key and no host; save /dlv instead",
    ),
    (
        "The machine is permanently activated",
        "the text of slmgr /xpr, which tells too little; save /dlv instead",
    ),
    (
        "has sent an activation request to the",
        "the messages of events without source, id and time; save the log as .evtx or XML instead",
    ),
    ("---Processing---", "the text of ospp.vbs; the events of the host tell about Office as well"),
)


def file_kind(head: bytes) -> Kind | NotUnderstood:
    """The kind of the file that begins with `head`, or why it cannot be imported."""
    if not head.strip(b"\x00"):
        return NotUnderstood("the file is empty" if not head else "the file holds nothing but zeros")
    if head.startswith(_EVTX):
        return Kind.EVTX
    for magic, what in _ARCHIVES.items():
        if head.startswith(magic):
            return NotUnderstood(f"it is {what}: unpack it first and import what is in it")
    if head[4:8] == _OLD_EVT:
        return NotUnderstood(
            "it is an .evt log of Windows XP or 2003: open it in the event viewer and save it as .evtx"
        )
    text = without_comments(head.decode(text_encoding(head), errors="replace").lstrip("\ufeff"))
    if sum(c < " " and c not in "\t\r\n\f" for c in text) > len(text) // 100:
        return NotUnderstood("it is a binary file of an unknown kind")
    return _text_kind(text)


def text_encoding(head: bytes) -> str:
    """The name of the encoding of a text that begins with `head`: by its mark, by its zeros, else UTF-8 or Windows'."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:200:2], head[1:200:2]
    if odd and odd.count(0) > len(odd) // 2:
        return "utf-16-le"
    if even and even.count(0) > len(even) // 2:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def without_comments(text: str) -> str:
    """The text after its first lines, as far as these are empty or begin with `#` (PowerShell's `#TYPE` is one)."""
    while text.startswith(("#", "\n", "\r", " ")):
        line, end, rest = text.partition("\n")
        if line.strip() and not line.startswith("#"):
            return text
        if not end:
            return ""
        text = rest
    return text


def _text_kind(text: str) -> Kind | NotUnderstood:
    start = text.lstrip()
    if start.startswith("<"):
        return _xml_kind(text)
    if start.startswith(("{", "[")):
        return Kind.NDJSON if _is_one_object(start.partition("\n")[0]) else Kind.JSON
    first = text.partition("\n")[0]
    if csv_columns(first) or (viewer_columns(first) and _KMS_ROW.search(text)):
        return Kind.CSV
    if looks_like_event_text(text):
        return Kind.EVENT_TEXT
    if looks_like_slmgr(text):
        return Kind.SLMGR
    for mark, what in _TEXTS:
        if mark in text:
            return NotUnderstood(f"it is {what}")
    return NotUnderstood(
        "it is no event log (.evtx, event XML, JSON of Get-WinEvent, NDJSON of Winlogbeat, CSV of the event viewer), "
        "no text of slmgr /dlv and no license's object as JSON",
        text[:200],
    )


def _xml_kind(text: str) -> Kind | NotUnderstood:
    if _XML_EVENT.search(text):
        return Kind.EVENT_XML
    if "<Objs " in text:
        return NotUnderstood(
            "it is PowerShell's Export-Clixml: use ConvertTo-Json, or save the log as .evtx or XML"
        )
    return NotUnderstood("it is XML without events")


def _is_one_object(line: str) -> bool:
    if len(line) >= HEAD // 4:
        # The line goes on beyond what is looked at; an object that large is no event, so it is a compact array's part.
        return line.startswith("{")
    try:
        return isinstance(msgspec.json.decode(line.encode("utf-8", "replace")), dict)
    except (msgspec.DecodeError, RecursionError):
        return False
