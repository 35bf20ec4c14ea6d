"""`tenure microsoft import`: files in, facts out; and hostile files, which harm nothing."""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import sys
from typing import TYPE_CHECKING, Any

import pytest

from simulators.kms_log import (
    HOSTS,
    Logged,
    PlannedFleet,
    event_xml,
    evtx,
    get_winevent,
    planned_fleet,
    viewer_csv,
    winlogbeat,
)
from tenure.cli.command import run
from tenure.cli.main import command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]
    Import = Callable[..., tuple[int, dict[str, Any]]]

CMID = "36f27b39-2fd5-440b-be67-a09996d27a38"
LOGGED = Logged("kms1.contoso.com", 1_700_000_000, CMID, "pc1")
MIB = 1024 * 1024


@pytest.fixture
def do(tmp_path: Path, capsys: Captured) -> Import:
    """Import files into a home of the test's; gives exit code and answer."""

    def imported(*files: Path, options: Sequence[str] = ()) -> tuple[int, dict[str, Any]]:
        code = run(
            command,
            ["microsoft", "import", *map(str, files), "--home", str(tmp_path / "home"), "--json", *options],
        )
        return code, json.loads(capsys.readouterr().out)

    return imported


@pytest.fixture(scope="module")
def fleet() -> PlannedFleet:
    """A small fleet with everything in it."""
    return planned_fleet(200)


FORMATS: dict[str, Callable[[list[Logged]], bytes]] = {
    "winlogbeat": winlogbeat,
    "event xml": event_xml,
    "wevtutil xml in UTF-16": lambda entries: event_xml(entries, root=False).decode().encode("utf-16"),
    "get-winevent": get_winevent,
    "get-winevent with properties": lambda entries: get_winevent(entries, depth=3),
    "evtx": evtx,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_facts(
    name: str, tmp_path: Path, do: Import, fleet: PlannedFleet
) -> None:
    """True entries are read and forged ones are counted, to the last one."""
    path = tmp_path / "log"
    path.write_bytes(FORMATS[name](fleet.log))
    code, found = do(path)
    (file,) = found["files"]
    assert code == 0
    assert (file["records"], file["new"]) == (len(fleet.entries), len(fleet.entries))
    assert sum(one["count"] for one in file["not_understood"]) == len(fleet.forged)
    reference = tmp_path / "reference"
    reference.write_bytes(winlogbeat(fleet.log))
    assert do(reference)[1]["new"] == 0


def test_the_event_viewer_s_csv_gives_the_same_facts(tmp_path: Path, do: Import, fleet: PlannedFleet) -> None:
    """Once its host is named, as the CSV names none."""
    entries = [entry for entry in fleet.entries if entry.host == HOSTS[0]]
    path = tmp_path / "log.csv"
    path.write_bytes(viewer_csv(entries))
    code, found = do(path)
    assert (code, found["records"]) == (5, 0)
    code, found = do(path, options=["--host", HOSTS[0].upper()])
    assert (code, found["new"]) == (0, len(entries))
    reference = tmp_path / "reference"
    reference.write_bytes(event_xml(entries))
    assert do(reference)[1]["new"] == 0


def test_overlapping_and_shuffled_exports_add_only_what_is_new(
    tmp_path: Path, do: Import, fleet: PlannedFleet
) -> None:
    """Thirds that overlap, in any order and format, make the whole."""
    entries = list(fleet.entries)
    random.Random(7).shuffle(entries)  # noqa: S311 - a test's order
    half = len(entries) // 2
    pieces = [entries[:half], entries[half // 2 : half + half // 2], entries[half:]]
    new = 0
    for place, (piece, write) in enumerate(zip(pieces, (winlogbeat, evtx, get_winevent), strict=True)):
        path = tmp_path / f"piece{place}"
        path.write_bytes(write(piece))
        new += do(path)[1]["new"]
    assert new == len(entries)
    assert do(*(tmp_path / f"piece{place}" for place in range(3)))[1]["new"] == 0


def test_a_text_is_of_the_machine_that_its_file_is_named_after(tmp_path: Path, do: Import) -> None:
    """Or of the one that is named; a text that was taken again is known."""
    path = tmp_path / "PC7.txt"
    path.write_text(
        "Name: Windows(R)\nDescription: Windows(R), VOLUME_KMSCLIENT channel\nLicense Status: Licensed\n"
    )
    assert do(path)[1]["new"] == 1
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert do(path)[1]["known"] == 1
    assert do(path, options=["--name", "PC8"])[1]["new"] == 1


@pytest.mark.parametrize(
    "options",
    [["--host", "two words"], ["--name", "a,b"], ["--time-zone", "Mars/Olympus"], ["--time-zone", "../x"]],
)
def test_options_that_cannot_be_meant_are_refused(options: list[str], tmp_path: Path, do: Import) -> None:
    """Exit code 2, and nothing is imported."""
    path = tmp_path / "log"
    path.write_bytes(winlogbeat([LOGGED]))
    code, found = do(path, options=options)
    assert code == 2
    assert found["error"]["code"] == "invalid_argument"


def test_what_was_not_understood_is_shown_with_an_example(tmp_path: Path, capsys: Captured) -> None:
    """For a person, control characters taken out."""
    path = tmp_path / "log"
    path.write_bytes(winlogbeat([LOGGED, Logged("kms", 1_700_000_000, CMID, "a\x1b[31mb\x07[/]")]))
    assert run(command, ["microsoft", "import", str(path), "--home", str(tmp_path / "home")]) == 0
    shown = capsys.readouterr().out
    assert "1 x event 12290 whose fields do not have the shape of KMS's" in shown
    assert "[31mb" in shown
    assert "\x1b[31mb" not in shown


def _bomb(_: Path) -> bytes:
    """A hundred megabytes of log in a hundred kilobytes."""
    return gzip.compress(b"\x00" * (100 * MIB))


def _laughs(_: Path) -> bytes:
    """The billion laughs, with an event that laughs them."""
    entities = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">' + "".join(
        f'<!ENTITY {chr(c)} "{f"&{chr(c - 1)};" * 10}">' for c in range(ord("c"), ord("k"))
    )
    body = event_xml([LOGGED], root=False).decode().replace("pc1", "&j;")
    return f"<?xml version='1.0'?><!DOCTYPE Events [{entities}]><Events>{body}</Events>".encode()


def _broken_chunk(_: Path) -> bytes:
    """Three chunks, of which the second is overwritten."""
    data = bytearray(evtx([Logged("kms", 1_700_000_000 + n, CMID, f"pc{n}") for n in range(400)]))
    at = 4096 + 65_536
    data[at + 512 : at + 40_000] = os.urandom(39_488)
    return bytes(data)


def _broken_header(_: Path) -> bytes:
    """A chunk whose header promises more records than there can be."""
    data = bytearray(evtx([LOGGED]))
    data[4096 + 8 : 4096 + 24] = b"\x00" * 8 + b"\xff" * 8
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[Path], bytes], int]] = {
    # What the file holds, and how many records of it are true.
    "empty": (lambda _: b"", 0),
    "zeros": (lambda _: b"\x00" * MIB, 0),
    "random": (lambda _: os.urandom(MIB), 0),
    "a gzip bomb": (_bomb, 0),
    "billion laughs": (_laughs, 0),
    "an evtx with a broken chunk": (_broken_chunk, 133),
    "an evtx that is cut short": (lambda _: evtx([LOGGED])[:20_000], 0),
    "an evtx that is only a header": (lambda _: evtx([LOGGED])[:4096], 0),
    "an evtx with a broken header": (_broken_header, 1),
    "an evtx of nonsense": (lambda _: b"ElfFile\x00" + os.urandom(200_000), 0),
    "a name of a million characters": (
        lambda _: winlogbeat([Logged("kms", 1_700_000_000, CMID, "a" * 1_000_000)]),
        0,
    ),
    "a line without end": (lambda _: winlogbeat([LOGGED]) + b'{"winlog":"' + b"x" * (40 * MIB), 1),
    "an array without end": (lambda _: b"[" + b'{"a":' * (4 * MIB), 0),
    "depth": (lambda _: winlogbeat([LOGGED]) + b'{"a":' + b"[" * 200_000 + b"\n", 1),
    "an event without end": (lambda _: event_xml([LOGGED]) + b"<Event>" + b"x" * (40 * MIB), 1),
    "a csv cell without end": (
        lambda _: b'Level,Date and Time,Source,Event ID,Task Category\n"' + b"x\n" * (4 * MIB),
        0,
    ),
    "a text without end": (lambda _: b"Source: x\nEvent ID: 1\n" + b"x" * (40 * MIB), 0),
    "slmgr without end": (lambda _: b"Name: x, VOLUME_MAK channel\n" * MIB, 0),
    "half surrogates": (lambda _: winlogbeat([LOGGED]).replace(b"pc1", b"\\ud800"), 0),
    "a new reason in every line": (
        lambda _: winlogbeat([LOGGED]) + b"".join(b'{"x%d":1}\n' % n for n in range(5_000)),
        1,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_harm_nothing(name: str, tmp_path: Path, do: Import) -> None:
    """True records are kept, the rest is counted or refused in words; no traceback, and memory stays small."""
    make, records = HOSTILE[name]
    path = tmp_path / "hostile"
    path.write_bytes(make(path))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, found = do(path)
    (file,) = found["files"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert file["records"] == records if name != "an evtx with a broken chunk" else file["records"] >= records
    assert code == (0 if records else 5)
    if not records:
        assert file["refused"] or file["not_understood"] or file["unrelated"]
    assert len(json.dumps(found)) < 100_000


def test_a_broken_chunk_is_counted(tmp_path: Path, do: Import) -> None:
    """What the log's own headers promise, and what could be read, make the difference."""
    path = tmp_path / "log.evtx"
    path.write_bytes(_broken_chunk(path))
    _, found = do(path)
    (file,) = found["files"]
    damaged = sum(one["count"] for one in file["not_understood"] if "damaged record" in one["reason"])
    assert file["records"] + damaged == 400
    assert damaged > 0


def test_files_that_cannot_be_opened_do_not_keep_the_others_from_it(tmp_path: Path, do: Import) -> None:
    """A missing file, a folder and a pipe are refused; the log between them is read."""
    good = tmp_path / "log"
    good.write_bytes(winlogbeat([LOGGED]))
    os.mkfifo(tmp_path / "pipe")
    code, found = do(tmp_path / "missing", tmp_path, tmp_path / "pipe", good)
    assert code == 0
    assert [bool(file["refused"]) for file in found["files"]] == [True, True, True, False]
    assert found["records"] == 1


def test_without_its_package_an_evtx_is_refused_in_words(
    tmp_path: Path, do: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to install; other kinds of files are read."""
    monkeypatch.setitem(sys.modules, "evtx", None)
    log, other = tmp_path / "log.evtx", tmp_path / "other"
    log.write_bytes(evtx([LOGGED]))
    other.write_bytes(winlogbeat([LOGGED]))
    code, found = do(log, other)
    assert code == 0
    assert "tenure[microsoft]" in found["files"][0]["refused"]
    assert found["files"][1]["records"] == 1
