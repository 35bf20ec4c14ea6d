"""Events as CSV."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from simulators.kms_log import Logged, viewer_csv
from tenure.microsoft.event_csv import csv_columns, read_csv, viewer_columns
from tenure.microsoft.event_file_kind import Kind, file_kind
from tenure.microsoft.event_reader import Origin, Read, read_file
from tenure.microsoft.events import KmsRequest, NotUnderstood, Unrelated

LOGGED = Logged("kms1.contoso.com", 1_700_000_000, "36f27b39-2fd5-440b-be67-a09996d27a38", "pc1")
ORIGIN = Origin(UTC, host="kms1.contoso.com")


def read(text: str, origin: Origin = ORIGIN) -> list[Read]:
    """What the CSV tells."""
    data = text.encode()
    assert file_kind(data) is Kind.CSV
    return list(read_file(Kind.CSV, [data], origin))


def times(found: list[Read]) -> list[int]:
    """When the requests were."""
    assert all(isinstance(one, KmsRequest) for one in found)
    return [one.at for one in found if isinstance(one, KmsRequest)]


def test_the_event_viewer_s_csv() -> None:
    """The host is the one that was named, the text stands in a column without a name, over several lines."""
    (found,) = read(viewer_csv([LOGGED]).decode("utf-8-sig"))
    assert isinstance(found, KmsRequest)
    assert (found.host, found.at, found.name) == ("kms1.contoso.com", LOGGED.at, "pc1")


def test_the_host_must_be_named() -> None:
    """Else nobody knows whose count it is."""
    (found,) = read(viewer_csv([LOGGED]).decode("utf-8-sig"), Origin(UTC))
    assert isinstance(found, NotUnderstood)
    assert "computer" in found.reason


def row(time: str) -> str:
    """A row of another event viewer, with this time."""
    message = LOGGED.message.replace("\r", "")
    return f'{time};Microsoft-Windows-Security-SPP;12290;Keine;"{message}"\n'


def test_a_german_event_viewer() -> None:
    """Its columns have German names, its times a dot and the computer's zone."""
    text = "Ebene;Datum und Uhrzeit;Quelle;Ereignis-ID;Aufgabenkategorie\nInformationen;" + row(
        "14.11.2023 23:13:20"
    )
    assert times(read(text, Origin(ZoneInfo("Europe/Berlin"), host="kms"))) == [LOGGED.at]


def test_an_event_viewer_of_any_language() -> None:
    """Five columns in the known order are enough where a row is about KMS."""
    text = "Niveau;Date et heure;Quelque;ID;Tache\nInformation;" + row("14/11/2023 22:13:20")
    assert times(read(text)) == [LOGGED.at]


def test_export_csv() -> None:
    """`Get-WinEvent | Export-Csv` names its columns, and the computer."""
    message = LOGGED.message.replace("\r", "")
    text = (
        "#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\n"
        '"Message","Id","ProviderName","LogName","MachineName","TimeCreated"\n'
        f'"{message}","12290","{LOGGED.provider}","{LOGGED.channel}","KMS9","11/14/2023 10:13:20 PM"\n'
    )
    (found,) = read(text)
    assert isinstance(found, KmsRequest)
    assert (found.host, found.at) == ("kms9", LOGGED.at)


def test_day_and_month_are_told_by_the_machine_s_own_time() -> None:
    """2023-11-05 as 5/11 and as 11/5."""
    early = Logged("kms", 1_699_222_380, LOGGED.cmid, "pc1")
    american = viewer_csv([early]).decode("utf-8-sig")
    british = american.replace("11/5/2023", "5/11/2023")
    assert times(read(american)) == times(read(british)) == [early.at]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Information,11/14/2023 10:13:20 PM,Security-SPP,900,None,text\n", Unrelated(900)),
        ("Information\n", "a row without an event id"),
        ("Information,x,Security-SPP,12290,None,text\n", "without a time"),
        ("Information,5/6/2023 10:13:20 PM,Security-SPP,12290,None,text\n", "without a time"),
        ("Information,11/14/2023 10:13:20 PM,Security-SPP,12290,None,text\n", "shape"),
        ("Information,11/14/2023 10:13:20 PM,Persistence,12290,None,text\n", "provider"),
    ],
)
def test_rows_that_tell_nothing(line: str, expected: Unrelated | str) -> None:
    """Each says why."""
    (found,) = read("Level,Date and Time,Source,Event ID,Task Category\n" + line)
    if isinstance(expected, str):
        assert isinstance(found, NotUnderstood)
        assert expected in found.reason
    else:
        assert found == expected


def test_a_quote_without_end_harms_only_the_rows_that_it_swallows() -> None:
    """A cell of over a megabyte is refused, and reading goes on behind it."""
    delimiter, columns = csv_columns("Level,Date and Time,Source,Event ID,Task Category") or ("", {})
    rows = ['"x\n', *["y" * 1023 + "\n"] * 1100, "Information,x,y,900,None,text\n"]
    found = list(read_csv(rows, delimiter, columns, host="", zone=UTC))
    assert isinstance(found[0], NotUnderstood)
    assert found[-1] == Unrelated(900)


def test_a_line_without_end_is_cut() -> None:
    """Memory stays small; what is in it is not understood."""
    head = "Level,Date and Time,Source,Event ID,Task Category\n"
    chunks = [head.encode()] + [b"z" * 256 * 1024] * 20 + [b"\nInformation,x,y,900,None,text\n"]
    found = list(read_file(Kind.CSV, chunks, ORIGIN))
    assert found[-1] == Unrelated(900)
    assert all(isinstance(one, (NotUnderstood, Unrelated)) for one in found)


@pytest.mark.parametrize("header", ["", "a,b,c", "Name,Address", "id,name,source,at,x,y,z"])
def test_other_headers_are_no_event_log_s(header: str) -> None:
    """Only columns that hold time, source and id make one."""
    assert csv_columns(header) is None


def test_any_language_means_five_columns() -> None:
    """Four or seven are something else."""
    assert viewer_columns("a,b,c,d") is None
    assert viewer_columns("a,b,c,d,e") is not None
    assert viewer_columns("a,b,c,d,e,f,g") is None
