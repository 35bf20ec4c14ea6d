"""`tenure microsoft report`: a planned fleet comes back exactly, in every format."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from simulators.kms_log import (
    AT,
    DAY,
    HOSTS,
    SERVER,
    UNKNOWN_SKU,
    Logged,
    PlannedFleet,
    event_xml,
    evtx,
    get_winevent,
    planned_fleet,
    winlogbeat,
)
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.microsoft.report import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]

MACHINES = 10_000
SOME = 1_000
"""Machines whose log is imported in every way."""
CMID = "36f27b39-2fd5-440b-be67-a09996d27a38"


def tenure(capsys: Captured, *arguments: object) -> tuple[int, str]:
    """Exit code and standard output of `tenure microsoft ...`."""
    code = run(command, ["microsoft", *map(str, arguments)])
    return code, capsys.readouterr().out


def report(capsys: Captured, home: Path, *options: object) -> dict[str, Any]:
    """The report as JSON, as of the fleet's time."""
    code, out = tenure(capsys, "report", "--home", home, "--at", rfc3339(AT), "--json", *options)
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def imported(capsys: Captured, home: Path, *files: Path) -> int:
    """How many facts of the files were new."""
    code, out = tenure(capsys, "import", *files, "--home", home, "--json")
    assert code == 0
    return int(json.loads(out)["new"])


def test_a_generated_fleet_comes_back_exactly(tmp_path: Path, capsys: Captured) -> None:
    """Machines, duplicates, late ones, counts and forecast are those that were planned; again changes nothing.

    They are ten thousand, with clones, retired machines, two hosts and forged events.
    """
    fleet = planned_fleet(MACHINES)
    whole = tmp_path / "whole.ndjson"
    whole.write_bytes(winlogbeat(fleet.log))
    assert imported(capsys, tmp_path, whole) == len(fleet.entries)
    found = report(capsys, tmp_path)
    _check(found, fleet)
    assert imported(capsys, tmp_path, whole) == 0
    assert report(capsys, tmp_path) == found


def test_a_log_gives_the_same_report_however_it_was_imported(tmp_path: Path, capsys: Captured) -> None:
    """Whole, then shuffled, then in overlapping pieces of different formats."""
    fleet = planned_fleet(SOME)
    whole = tmp_path / "whole.ndjson"
    whole.write_bytes(winlogbeat(fleet.log))
    assert imported(capsys, tmp_path / "first", whole) == len(fleet.entries)
    found = report(capsys, tmp_path / "first")

    shuffled = fleet.log
    random.Random(3).shuffle(shuffled)  # noqa: S311 - a test's order
    mixed = tmp_path / "shuffled.ndjson"
    mixed.write_bytes(winlogbeat(shuffled))
    assert imported(capsys, tmp_path / "second", mixed) == len(fleet.entries)
    assert report(capsys, tmp_path / "second") == found

    writers: Sequence[Callable[[list[Logged]], bytes]] = (evtx, event_xml, get_winevent, winlogbeat)
    size = len(shuffled) // len(writers)
    for place, write in enumerate(writers):
        piece = tmp_path / f"piece{place}"
        piece.write_bytes(write(shuffled[max(0, place * size - 500) : (place + 1) * size + 500]))
        imported(capsys, tmp_path / "third", piece)
    assert report(capsys, tmp_path / "third") == found


def _check(found: dict[str, Any], fleet: PlannedFleet) -> None:
    assert found["requests"] == len(fleet.entries)
    assert {m["cmid"]: (m["name"], m["host"], m["last_seen"]) for m in found["machines"]} == {
        cmid: (name, host, rfc3339(last)) for cmid, (name, last, host) in fleet.machines.items()
    }
    for days in (7, 30, 150):
        expected = fleet.late(days)
        assert {one["cmid"] for one in found["late"] if one["days"] >= days} == expected
        assert found["late_over"][str(days)] == len(expected)
        assert expected
    sharing: dict[str, dict[str, set[str]]] = {}
    for one in found["duplicates"]:
        key, shared = (
            (one["names"][0], one["cmids"])
            if one["sharing"] == "reinstalled"
            else (one["cmid"], one["names"])
        )
        sharing.setdefault(one["sharing"], {})[key] = set(shared)
    assert sharing == {"cloned": fleet.cloned, "renamed": fleet.renamed, "reinstalled": fleet.reinstalled}
    for forecast in found["forecast"]:
        expected_fall = fleet.falls_under(forecast["host"], forecast["threshold"])
        assert expected_fall is not None
        assert forecast["falls_under"] == rfc3339(expected_fall)
        assert not forecast["under"]
    for count in found["count"]:
        lasts: dict[tuple[str, str], int] = {}
        for entry in fleet.entries:
            if entry.host == count["host"] and not entry.hresult and AT - entry.at < 30 * DAY:
                lasts[entry.cmid, entry.name] = entry.at
        assert count["count"] == 50
        assert count["cmids"] == len({cmid for cmid, _ in lasts})
        renamed = sum(len({name for one, name in lasts if one == cmid}) - 1 for cmid in fleet.renamed)
        assert count["machines"] == len(lasts) - max(0, renamed)
    (refusal,) = found["refusals"]
    assert (refusal["code"], refusal["requests"]) == ("0xC004F06C", fleet.refused)
    assert sum(day["requests"] for day in found["requests_a_day"]) == len(fleet.entries)
    assert not any("forged" in machine["name"] for machine in found["machines"])


@pytest.fixture
def small(tmp_path: Path, capsys: Captured) -> Path:
    """A home with a small fleet and a hostile machine."""
    log = tmp_path / "log.ndjson"
    evil = Logged(HOSTS[0], AT - 5, CMID, "=HYPERLINK('http://evil')", sku=UNKNOWN_SKU)
    tag = Logged(HOSTS[0], AT - 5, CMID.replace("36f", "46f"), "[/]&'><b>".replace(">", "").replace("<", ""))
    log.write_bytes(winlogbeat([*planned_fleet(100).log, evil, tag]))
    assert imported(capsys, tmp_path / "home", log)
    return tmp_path / "home"


def test_nothing_imported_is_said(tmp_path: Path, capsys: Captured) -> None:
    """Exit code 2, with the command that imports."""
    code, out = tenure(capsys, "report", "--home", tmp_path, "--json")
    assert code == 2
    assert "tenure microsoft import" in json.loads(out)["error"]["cure"]


def test_the_report_of_a_terminal(small: Path, capsys: Captured) -> None:
    """Facts and tables; what a log says is not taken for markup."""
    code, out = tenure(capsys, "report", "--home", small, "--at", rfc3339(AT))
    assert code == 0
    for word in ("machines", "count", "forecast", "duplicates", "late", "refusals"):
        assert word in out
    code, out = tenure(capsys, "report", "--home", small, "--at", rfc3339(AT), "--table", "machines")
    assert code == 0
    assert "[/]" in out


def test_csv_holds_no_formula(small: Path, tmp_path: Path, capsys: Captured) -> None:
    """A name that a spreadsheet would calculate begins with an apostrophe; every machine has its row."""
    path = tmp_path / "machines.csv"
    code, _ = tenure(capsys, "report", "--home", small, "--at", rfc3339(AT), "--csv", path)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert len(rows) == len(report(capsys, small)["machines"])
    assert [row["name"] for row in rows if "HYPERLINK" in row["name"]] == ["'=HYPERLINK('http://evil')"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize(
    "name", ["late", "duplicates", "count", "forecast", "products", "refusals", "requests_a_day"]
)
def test_every_table_can_be_written(name: str, small: Path, tmp_path: Path, capsys: Captured) -> None:
    """With as many rows as the JSON has."""
    path = tmp_path / "table.csv"
    code, _ = tenure(capsys, "report", "--home", small, "--at", rfc3339(AT), "--csv", path, "--table", name)
    assert code == 0
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    assert len(rows) == len(report(capsys, small)[name]) + 1
    assert len(rows) > 1


def test_what_hosts_and_clients_say_of_themselves_is_shown(
    small: Path, tmp_path: Path, capsys: Captured
) -> None:
    """Events of the Application logs and a host's /dlv text, each in its table."""
    when = rfc3339(AT - 600)
    told = {
        12288: ("pc1", f"0xC004F074, 0x01000000, kms1:1688, {CMID}, 2025/12/31 23:50, 0, 2, 5, {SERVER}, 25"),
        12293: ("kms1", "0x80072338</Data><Data>contoso.com"),
        12291: ("kms1", "0xC004F00F"),
        12308: ("pc2", f"{SERVER}</Data><Data>Windows(R), VOLUME_KMS channel</Data><Data>CN=1,DC=contoso"),
    }
    log = tmp_path / "application.xml"
    log.write_text(
        "".join(
            f"<Event><System><Provider Name='Microsoft-Windows-Security-SPP'/><EventID>{event_id}</EventID>"
            f"<TimeCreated SystemTime='{when}'/><Channel>Application</Channel><Computer>{computer}</Computer></System>"
            f"<EventData><Data>{data}</Data></EventData></Event>"
            for event_id, (computer, data) in told.items()
        )
    )
    text = tmp_path / "KMS1.txt"
    text.write_text(
        "Name: Windows(R)\nDescription: Windows(R), VOLUME_KMS channel\nLicense Status: Licensed\n"
        "Key Management Service is enabled on this machine\n    Current count: 27\n"
    )
    os.utime(text, (AT - 60, AT - 60))
    assert imported(capsys, small, log, text) == 5
    found = report(capsys, small)
    assert (found["clients"][0]["name"], found["clients"][0]["code"]) == ("pc1", "0xC004F074")
    assert found["clients"][0]["notes"] == ["no host was found"]
    assert not found["dns"][0]["published"]
    assert found["troubles"][0]["event_id"] == 12291
    assert found["directory"] == {"machines": 1, "last_seen": when}
    assert (found["snapshots"][0]["name"], found["snapshots"][0]["count"]) == ("KMS1", 27)
    for name, word in (("clients", "pc1"), ("dns", "contoso"), ("troubles", "12291"), ("snapshots", "KMS1")):
        code, out = tenure(capsys, "report", "--home", small, "--at", rfc3339(AT), "--table", name)
        assert code == 0
        assert word in out


def test_xlsx_holds_texts_and_no_formula(small: Path, tmp_path: Path, capsys: Captured) -> None:
    """One sheet a table; a hostile name is a text, and no link."""
    path = tmp_path / "report.xlsx"
    code, _ = tenure(capsys, "report", "--home", small, "--at", rfc3339(AT), "--xlsx", path)
    assert code == 0
    with zipfile.ZipFile(path) as workbook:
        sheets = [name for name in workbook.namelist() if name.startswith("xl/worksheets/sheet")]
        text = b"".join(workbook.read(name) for name in workbook.namelist())
    assert len(sheets) == 12
    assert b"HYPERLINK(&#39;" in text or b"HYPERLINK('" in text
    assert b"<f>" not in text
    assert b"<hyperlink" not in text


def test_without_its_package_xlsx_is_refused_in_words(
    small: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, with what to install; the other formats need nothing."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    target = tmp_path / "report.xlsx"
    code, out = tenure(capsys, "report", "--home", small, "--xlsx", target, "--json")
    assert code == 2
    assert "tenure[microsoft]" in json.loads(out)["error"]["cure"]
    assert not target.exists()


def test_ids_without_a_name_are_shown_and_can_be_named(small: Path, tmp_path: Path, capsys: Captured) -> None:
    """`--skus` takes CSV and JSON; a name of the administrator's wins over Tenure's own."""
    unnamed = {one["sku"]: one["product"] for one in report(capsys, small)["products"]}
    assert unnamed[UNKNOWN_SKU] is None
    assert unnamed[SERVER] == "Windows Server 2019 Standard"
    names = tmp_path / "names.csv"
    names.write_text(f"id,name\n{{{UNKNOWN_SKU.upper()}}},Our product\n{SERVER},Our server\n")
    named = report(capsys, small, "--skus", names)
    assert {one["sku"]: one["product"] for one in named["products"]}[UNKNOWN_SKU] == "Our product"
    assert any(machine["product"] == "Our server" for machine in named["machines"])
    names.write_text(json.dumps({UNKNOWN_SKU: "In JSON"}))
    again = report(capsys, small, "--skus", names)
    assert {one["sku"]: one["product"] for one in again["products"]}[UNKNOWN_SKU] == "In JSON"


def test_texts_of_slmgr_name_products(small: Path, tmp_path: Path, capsys: Captured) -> None:
    """What was imported as text names the id from then on."""
    path = tmp_path / "pc.txt"
    path.write_text(
        f"Name: A product\nDescription: A, VOLUME_KMSCLIENT channel\nActivation ID: {UNKNOWN_SKU}\n"
        "License Status: Licensed\n"
    )
    imported(capsys, small, path)
    code, out = tenure(capsys, "report", "--home", small, "--json")
    assert code == 0
    assert {p["sku"]: p["product"] for p in json.loads(out)["products"]}[UNKNOWN_SKU] == "A product"
    assert json.loads(out)["snapshots"][0]["name"] == "pc"


@pytest.mark.parametrize(
    "text", ["nonsense", '{"a": 1}', "id,name\nx,y", f"{SERVER},", '{"a"', f"{SERVER}," + "x" * 300]
)
def test_a_file_of_names_that_is_none_is_refused(
    text: str, small: Path, tmp_path: Path, capsys: Captured
) -> None:
    """Exit code 2, with the line and the form that it should have."""
    path = tmp_path / "names"
    path.write_text(text)
    code, out = tenure(capsys, "report", "--home", small, "--skus", path, "--json")
    assert code == 2
    assert json.loads(out)["error"]["cure"]


@pytest.mark.parametrize("at", ["yesterday", "", "0001-01-01", "2026-13-01"])
def test_a_time_that_is_none_is_refused(at: str, small: Path, capsys: Captured) -> None:
    """Exit code 2."""
    assert tenure(capsys, "report", "--home", small, "--at", at)[0] == 2


@pytest.mark.parametrize("option", ["--csv", "--xlsx", "--html"])
def test_a_file_that_cannot_be_written_is_said(
    option: str, small: Path, tmp_path: Path, capsys: Captured
) -> None:
    """Exit code 1, and no half file."""
    target = tmp_path / "missing" / "file"
    code, out = tenure(capsys, "report", "--home", small, option, target, "--json")
    assert code == 1
    assert json.loads(out)["error"]["code"] == "home_unusable"
    assert not target.parent.exists()


def test_a_damaged_database_is_said(tmp_path: Path, capsys: Captured) -> None:
    """Exit code 5."""
    path = tmp_path / "microsoft" / "microsoft.db"
    path.parent.mkdir()
    path.write_bytes(b"not a database, though long enough to be one" * 200)
    code, out = tenure(capsys, "report", "--home", tmp_path, "--json")
    assert code == 5
    assert json.loads(out)["error"]["code"] == "state_damaged"
