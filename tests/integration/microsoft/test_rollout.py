"""`tenure microsoft rollout`, from a list to files, which the tools that will read them accept."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tenure.cli.command import run
from tenure.cli.main import command
from tenure.programs.microsoft_keys import load_table

if TYPE_CHECKING:
    Captured = pytest.CaptureFixture[str]

ONE = ("--product", "Windows 11", "--edition", "Pro")
HOST = ("--host", "kms01.example.com")
LIST = """name,product,edition
pc01,Windows 11,Pro
büro-2.example.com,Microsoft Windows 11 Pro,
srv01,Windows Server 2022,Datacenter
pc01,Office 2019,Professional Plus
"""


def rollout(*arguments: str) -> int:
    """The exit code of `tenure microsoft rollout ...`."""
    return run(command, ["microsoft", "rollout", *arguments])


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def written(tmp_path: Path, text: str | bytes) -> str:
    """The path of a list with this content."""
    path = tmp_path / "machines.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def ansible(program: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a program of Ansible's says of the files in the folder."""
    return subprocess.run(
        [str(Path(sys.executable).with_name(program)), "-i", "inventory.yml", *arguments],
        cwd=folder,
        env={**os.environ, "ANSIBLE_HOME": str(folder / "ansible"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_list_becomes_a_folder_of_scripts(capsys: Captured, tmp_path: Path) -> None:
    """Every edition has its scripts, with its key; what was written is told, with the agreement."""
    out = tmp_path / "out"
    assert rollout(written(tmp_path, LIST), *HOST, "--out", str(out)) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "README.txt",
        "group-policy-startup.cmd",
        "inventory.yml",
        "office-professional-plus-2019.cmd",
        "office-professional-plus-2019.ps1",
        "playbook.yml",
        "windows-11-pro.cmd",
        "windows-11-pro.ps1",
        "windows-server-2022-datacenter.cmd",
        "windows-server-2022-datacenter.ps1",
    ]
    text = capsys.readouterr().out
    assert "kms01.example.com:1688" in text
    assert "W269N-WFGWX-YVC9B-4J6C9-T83GX, 2 machines" in text
    assert "needs a volume license agreement" in text
    assert (out / "windows-11-pro.ps1").read_bytes().startswith(b"\xef\xbb\xbf#Requires")
    assert (out / "windows-11-pro.cmd").read_bytes().startswith(b"@echo off\r\n")


def test_ansible_accepts_the_playbook_and_the_inventory(tmp_path: Path) -> None:
    """Ansible's own syntax check passes, its inventory has each machine in its group, and each play finds its script."""
    out = tmp_path / "out"
    assert rollout(written(tmp_path, LIST), *HOST, "--out", str(out), "--format", "ansible") == 0
    checked = ansible("ansible-playbook", out, "playbook.yml", "--syntax-check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "WARNING" not in checked.stderr
    listed = ansible("ansible-inventory", out, "--list")
    groups = json.loads(listed.stdout)
    assert groups["kms_windows_11_pro"]["hosts"] == ["pc01", "büro-2.example.com"]
    assert groups["kms_windows_server_2022_datacenter"]["hosts"] == ["srv01"]
    assert groups["kms_office_professional_plus_2019"]["hosts"] == ["pc01"]
    (out / "playbook.yml").write_text(
        (out / "playbook.yml").read_text().replace("builtin.script", "builtin.scrpt")
    )
    assert ansible("ansible-playbook", out, "playbook.yml", "--syntax-check").returncode != 0


def test_each_edition_is_a_play(tmp_path: Path) -> None:
    """Three editions, three plays, each with the one task that runs the script."""
    out = tmp_path / "out"
    assert rollout(written(tmp_path, LIST), *HOST, "--out", str(out), "--format", "ansible") == 0
    plays = ansible("ansible-playbook", out, "playbook.yml", "--list-tasks")
    assert plays.stdout.count("Install the generic key") == 3


def test_ansible_accepts_every_edition_of_the_table(tmp_path: Path) -> None:
    """A rollout of all 135 rows is one playbook that passes the syntax check."""
    rows = "".join(
        f'pc{at},"{row.product}","{row.edition}"\n' for at, row in enumerate(load_table(None).rows)
    )
    out = tmp_path / "out"
    path = written(tmp_path, "name,product,edition\n" + rows)
    assert rollout(path, *HOST, "--out", str(out), "--format", "ansible") == 0
    checked = ansible("ansible-playbook", out, "playbook.yml", "--syntax-check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_options_make_a_script_for_one_edition(capsys: Captured) -> None:
    """Without a folder the files are printed; without names the script is for any machine of the edition."""
    assert rollout(*ONE, "--domain", "example.com", "--format", "powershell") == 0
    text = capsys.readouterr().out
    assert "==== windows-11-pro.ps1 ====" in text
    assert "KmsDomain = 'example.com'" in text
    assert "\r" not in text


def test_json_holds_the_plan_and_the_files(capsys: Captured) -> None:
    """What --json prints is enough to write the files oneself."""
    assert rollout(*ONE, *HOST, "--name", "pc01", "--name", "pc02", "--format", "cmd", "--json") == 0
    found = printed(capsys)
    assert found["target"] == {"host": "kms01.example.com", "port": 1688, "domain": None}
    assert found["editions"] == [
        {
            "product": "Windows 11",
            "edition": "Pro",
            "label": "Windows 11 Pro",
            "key": "W269N-WFGWX-YVC9B-4J6C9-T83GX",
            "machines": ["pc01", "pc02"],
        }
    ]
    assert [(file["name"], file["format"]) for file in found["files"]] == [
        ("README.txt", None),
        ("windows-11-pro.cmd", "cmd"),
    ]
    assert found["files"][1]["text"].startswith("@echo off\r\n")
    assert found["refused"] == []
    assert "agreement" in found["agreement"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (ONE, "there is no default"),
        ((*ONE, *HOST, "--domain", "example.com"), "there is no default"),
        (HOST, "Either a list of machines or one product"),
        (("machines.csv", *ONE, *HOST), "Either a list of machines or one product"),
        (("missing.csv", *HOST), "There is no file missing.csv"),
        ((*ONE, "--host", "auto"), "no host 'auto'"),
        ((*ONE, "--host", "kms & calc"), "no DNS name"),
        ((*ONE, *HOST, "--format", "bash"), "bash"),
    ],
    ids=[
        "no host",
        "host and domain",
        "no list",
        "both",
        "no file",
        "auto",
        "hostile host",
        "unknown format",
    ],
)
def test_what_cannot_be_meant_is_2(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    """Usage errors are told, and no file is written."""
    monkeypatch.chdir(tmp_path)
    assert rollout(*arguments, "--out", "out") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_refused_lines_are_3_and_left_out(capsys: Captured, tmp_path: Path) -> None:
    """The good lines are written, the others told with their number; nothing hostile reaches a file."""
    hostile = ["pc02 & calc", "$(calc)", "'; calc; '", "{{ lookup('pipe'#1) }}", "%PATH%", "all", "\x1b[2J"]
    lines = LIST + "".join(f'"{name}",Windows 11,Pro\n' for name in hostile) + "pc09,Windows 11,Home\n"
    out = tmp_path / "out"
    assert rollout(written(tmp_path, lines), *HOST, "--out", str(out)) == 3
    told = capsys.readouterr().err
    assert told.count("refused:") == len(hostile) + 1
    assert "line 6: 'pc02 & calc' is no name" in told
    assert "\x1b[2J" not in told
    for path in out.iterdir():
        assert "calc" not in path.read_text("utf-8-sig")
        assert "pipe" not in path.read_text("utf-8-sig")


def test_a_list_of_which_nothing_is_left_is_3(capsys: Captured, tmp_path: Path) -> None:
    """No folder is made, and --json lists every refused line."""
    path = written(tmp_path, "name,product,edition\n" + "pc01,Windows 11,Home\n" * 30)
    assert rollout(path, *HOST, "--out", str(tmp_path / "out")) == 3
    assert "and 10 more lines" in capsys.readouterr().err
    assert rollout(path, *HOST, "--json") == 3
    assert len(printed(capsys)["refused"]) == 30
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no column"),
        (b"name,product\n", "lists no machine"),
        (b"pc01,Windows 11,Pro\n", "has no column 'name', 'product'"),
        (b"name,product\nB\xdcRO,Windows 11 Pro\n", "is not UTF-8"),
        (b'name,product\n"pc01,Windows 11 Pro\n', "is no CSV"),
        (b"name,product\n" + b"x" * 200_000 + b",Windows\n", "is no CSV"),
    ],
    ids=["empty", "no rows", "no header", "latin", "open quotation mark", "endless cell"],
)
def test_a_list_that_is_none_is_2(capsys: Captured, tmp_path: Path, content: bytes, said: str) -> None:
    """A damaged list is refused whole, with the reason and a cure."""
    assert rollout(written(tmp_path, content), *HOST) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "cure:" in captured.err or "lists no machine" in captured.err


def test_a_list_comes_from_standard_input(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads the list, in UTF-16 as a PowerShell redirection writes it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LIST.encode("utf-16"))))
    assert rollout("-", *HOST, "--json") == 0
    assert [len(one["machines"]) for one in printed(capsys)["editions"]] == [2, 1, 1]


def test_a_hundred_thousand_machines_are_planned(capsys: Captured, tmp_path: Path) -> None:
    """A large list is one plan, each machine in it once."""
    lines = "".join(f"pc{at:06}.example.com,Windows 11,Pro\n" for at in range(100_000))
    out = tmp_path / "out"
    path = written(tmp_path, "name,product,edition\n" + lines)
    assert rollout(path, *HOST, "--out", str(out), "--format", "ansible") == 0
    assert "100,000 machines" in capsys.readouterr().out
    assert (out / "inventory.yml").read_text().count(".example.com") == 100_000


def test_a_folder_that_cannot_be_written_is_1(capsys: Captured, tmp_path: Path) -> None:
    """Where a file stands in the way, the fault is told."""
    (tmp_path / "out").write_text("in the way")
    assert rollout(*ONE, *HOST, "--out", str(tmp_path / "out" / "deeper")) == 1
    assert "cannot be used" in capsys.readouterr().err
