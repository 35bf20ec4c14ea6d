"""What a file is, told from its first bytes."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.kms_log import Logged, event_xml, evtx, get_winevent, viewer_csv, winlogbeat
from tenure.microsoft.event_file_kind import HEAD, Kind, file_kind, text_encoding
from tenure.microsoft.events import NotUnderstood

ENTRIES = [Logged("kms", 1_700_000_000, "36f27b39-2fd5-440b-be67-a09996d27a38", "pc1")] * 3
SLMGR = (
    "Name: Windows(R)\r\nDescription: Windows(R), VOLUME_KMSCLIENT channel\r\nLicense Status: Licensed\r\n"
)


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.evtx", b"\x00" * 10_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (evtx(ENTRIES), Kind.EVTX),
        (event_xml(ENTRIES), Kind.EVENT_XML),
        (event_xml(ENTRIES, root=False), Kind.EVENT_XML),
        (event_xml(ENTRIES).decode().encode("utf-16"), Kind.EVENT_XML),
        (winlogbeat(ENTRIES), Kind.NDJSON),
        (winlogbeat(ENTRIES[:1]), Kind.NDJSON),
        (b"\xef\xbb\xbf" + winlogbeat(ENTRIES), Kind.NDJSON),
        (get_winevent(ENTRIES), Kind.JSON),
        (get_winevent(ENTRIES).decode("utf-16").encode("utf-16-le"), Kind.JSON),
        (get_winevent(ENTRIES).decode("utf-16").encode("utf-16-be"), Kind.JSON),
        (b'{\n "Id": 1\n}', Kind.JSON),
        (b'[{"Id": 1}]', Kind.JSON),
        (viewer_csv(ENTRIES), Kind.CSV),
        (SLMGR.encode(), Kind.SLMGR),
        (SLMGR.encode("utf-16"), Kind.SLMGR),
        (("\n\n" + SLMGR).encode(), Kind.SLMGR),
        (b"Log Name: x\nSource: y\nEvent ID: 1\n", Kind.EVENT_TEXT),
    ],
)
def test_known_kinds(data: bytes, kind: Kind) -> None:
    """In every encoding that Windows tools use."""
    assert file_kind(data[:HEAD]) is kind


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\x00" * 1000, "zeros"),
        (_zip(), "ZIP"),
        (gzip.compress(winlogbeat(ENTRIES)), "gzip"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\xfd7zXZ\x00\x00", "xz"),
        (b"7z\xbc\xaf\x27\x1c\x00", "7-Zip"),
        (b"\x28\xb5\x2f\xfd\x00", "Zstandard"),
        (b"0\x00\x00\x00LfLe\x01\x00", ".evt"),
        (b"\x7fELF" + bytes(range(32)) * 20, "binary"),
        (b"MZ" + bytes(range(32)) * 20, "binary"),
        (b"<html></html>", "XML without events"),
        (b'<Objs Version="1.1.0.1"></Objs>', "Clixml"),
        (b"svr hostname = kms", "nslookup"),
        (b"TcpTestSucceeded : False", "Test-NetConnection"),
        (b"Volume activation will expire 1/2/2024", "/xpr"),
        (b"---Processing-----", "ospp.vbs"),
        (b"Dear diary", "no event log"),
        (b"# only\n# comments", "no event log"),
    ],
)
def test_other_files_are_refused_in_words(data: bytes, reason: str) -> None:
    """An archive is never unpacked, whatever its name says."""
    found = file_kind(data[:HEAD])
    assert isinstance(found, NotUnderstood)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (codecs.BOM_UTF8 + b"x", "utf-8-sig"),
        (codecs.BOM_UTF16_LE + b"x\x00", "utf-16"),
        (codecs.BOM_UTF16_BE + b"\x00x", "utf-16"),
        (b"x\x00y\x00", "utf-16-le"),
        (b"\x00x\x00y", "utf-16-be"),
        (b"plain", "utf-8"),
        ("ü".encode() + b"\xc3", "utf-8"),
        ("Prüfung".encode("cp1252"), "cp1252"),
        (b"", "utf-8"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    """By the mark, by the zeros, else UTF-8, else Windows' own; a character that is cut at the end is none wrong."""
    assert text_encoding(data) == encoding


@given(st.binary(max_size=400))
def test_nothing_raises(data: bytes) -> None:
    """Any bytes are a kind, or refused."""
    assert isinstance(file_kind(data), (Kind, NotUnderstood))
