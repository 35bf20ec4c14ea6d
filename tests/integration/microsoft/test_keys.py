"""`tenure microsoft keys`, from the arguments to what is printed and the exit code."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tenure.cli.command import run
from tenure.cli.main import command
from tenure.microsoft.keys import ALPHABET
from tenure.programs.microsoft_keys import load_table

if TYPE_CHECKING:
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]

PRO = "W269N-WFGWX-YVC9B-4J6C9-T83GX"
WRONG = "W269N-WFGWX-YVC9B-4J6C9-T83GV"


def keys(*arguments: str) -> int:
    """The exit code of `tenure microsoft keys ...`."""
    return run(command, ["microsoft", "keys", *arguments])


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_query_prints_a_key_a_line(capsys: Captured) -> None:
    """Lines are whole whatever the width of the terminal; the table's date and source go to standard error."""
    assert keys("windows", "server", "2022", "standard") == 0
    captured = capsys.readouterr()
    assert captured.out == "VDYBN-27WPP-V4HQT-9VMD4-VMK7H  Windows Server 2022 Standard  LTSC\n"
    assert "Table as of 2024-10-01" in captured.err


def test_a_query_as_json(capsys: Captured) -> None:
    """Every field of the row, its source included, and the table's date."""
    assert keys("T83GX", "--json") == 0
    found = printed(capsys)
    assert found["keys"][0] == {
        "product": "Windows 11",
        "edition": "Pro",
        "kind": "client",
        "channel": "SAC",
        "key": PRO,
        "source": found["table"]["sources"][0],
    }
    assert (found["table"]["as_of"], found["table"]["rows"]) == ("2024-10-01", 135)


def test_no_query_lists_all(capsys: Captured) -> None:
    """135 lines, and nothing else on standard output."""
    assert keys() == 0
    assert len(capsys.readouterr().out.splitlines()) == 135


def test_a_query_that_fits_nothing_is_3(capsys: Captured) -> None:
    """The cure names the products that there are."""
    assert keys("windows", "95") == 3
    assert "Windows Server 2025; " in capsys.readouterr().err
    assert keys("windows", "95", "--json") == 3
    assert printed(capsys)["error"]["code"] == "product_unknown"


def test_keys_that_are_in_the_table_are_0(capsys: Captured) -> None:
    """Several keys are checked in one call; lower case is found, and told."""
    assert keys("check", PRO, PRO.lower()) == 0
    out = capsys.readouterr().out
    assert out.count("in the table: Windows 11 Pro; Windows 10 Pro") == 2
    assert out.count("lower-case") == 1


def test_a_wrong_key_is_3_and_shown_where(capsys: Captured) -> None:
    """The true key stands under the wrong one, with a mark under the place that differs."""
    assert keys("check", WRONG) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{WRONG}  NOT in the table"
    assert lines[1].strip() == "Microsoft's key of Windows 11 Pro; Windows 10 Pro is"
    assert lines[2].strip() == PRO
    assert lines[3].index("^") == lines[2].index("T83GX") + 4
    assert lines[4].strip() == "group 5: V instead of X at 5."


def test_a_wrong_key_as_json(capsys: Captured) -> None:
    """The nearest key with its editions, each difference by group and place, each flaw by its code."""
    assert keys("check", WRONG.lower(), "--json") == 3
    (found,) = printed(capsys)["keys"]
    assert found["key"] == WRONG
    assert found["found"] is False
    assert found["editions"] == []
    assert found["nearest"]["key"] == PRO
    assert [row["product"] for row in found["nearest"]["editions"]] == ["Windows 11", "Windows 10"]
    assert found["differences"] == [{"group": 5, "place": 5, "found": "V", "expected": "X"}]
    assert [problem["code"] for problem in found["problems"]] == ["lower_case"]


def test_insertions_and_gaps_are_spelled(capsys: Captured) -> None:
    """A group that is missing and a letter too many are told as that."""
    assert keys("check", "W269N-WFGWX-4J6C9-T83GX", "W269N-WFGWX-YVCC9B-4J6C9-T83GX") == 3
    out = capsys.readouterr().out
    assert "It has 4 of 5 groups." in out
    assert "group 3: Y missing at 1, V missing at 2, C missing at 3, 9 missing at 4, B missing at 5." in out
    assert "C too many before" in out


def test_a_key_that_may_be_secret_is_not_printed(capsys: Captured) -> None:
    """Neither text nor JSON repeats a key that is near no published one."""
    for more in ([], ["--json"]):
        assert keys("check", "NGGBB-2CCDD-4FFHH-6JJKK-8MMPQ", *more) == 3
        captured = capsys.readouterr()
        assert "8MMPQ" in captured.out
        assert "NGGBB" not in captured.out + captured.err


def test_no_key_is_a_usage_error(capsys: Captured) -> None:
    """`keys check` alone is 2."""
    assert keys("check") == 2
    assert "no key to check" in capsys.readouterr().err


def test_keys_are_read_from_standard_input(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads one a line; blank lines, bytes that are no text and a line without end harm nothing."""
    hostile = b"\xff\xfe\x00\n" + b"N" * 5000 + b"\n\n" + PRO.encode() + b"\r\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(hostile)))
    assert keys("check", "-", "--json") == 3
    found = printed(capsys)["keys"]
    assert [one["found"] for one in found] == [False] * (len(found) - 1) + [True]
    assert len(found) == 7


def test_a_thousand_wrong_keys_take_seconds(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wrong key is compared with the whole table, and still a long list is done soon."""
    lines = "".join(
        f"{PRO[:20]}{a}{b}{c}\n" for a in ALPHABET[:10] for b in ALPHABET[:10] for c in ALPHABET[:10]
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert keys("check", "-", "--json") == 3
    assert len(printed(capsys)["keys"]) == 1000


def test_a_newer_table_takes_the_place_of_ours(capsys: Captured, tmp_path: Path) -> None:
    """--data FILE is the table for both forms of the command."""
    newer = tmp_path / "new.csv"
    newer.write_text(f"product,edition,gvlk,source\nWindows 13,Pro,{WRONG},page date 2029-01-02\n")
    assert keys("--data", str(newer), "--json") == 0
    found = printed(capsys)
    assert [row["product"] for row in found["keys"]] == ["Windows 13"]
    assert found["table"] == {"as_of": "2029-01-02", "sources": ["page date 2029-01-02"], "rows": 1}
    assert keys("check", WRONG, "--data", str(newer)) == 0
    assert keys("check", PRO, "--data", str(newer)) == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, 2), (b"", 2), (b"\xff\xff", 2), (b"x" * (5 * 1024 * 1024), 1)],
    ids=["missing", "empty", "no text", "too large"],
)
def test_a_table_that_is_none_is_refused(
    capsys: Captured, tmp_path: Path, content: bytes | None, code: int
) -> None:
    """A wrong file is named, in one line and without a traceback."""
    path = tmp_path / "new.csv"
    if content is not None:
        path.write_bytes(content)
    assert keys("--data", str(path)) == code
    assert str(path) in capsys.readouterr().err


def test_the_packaged_table_is_the_one_that_is_used() -> None:
    """The table travels in the package: it is read without any path of a checkout."""
    assert load_table(None) is load_table(None)
