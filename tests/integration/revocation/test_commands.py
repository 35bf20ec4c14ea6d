"""The commands that revoke and refresh: what they print, and with which exit code they refuse."""

from __future__ import annotations

import json
import re
import shlex
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import pytest

from simulators.host_home import activate_home
from simulators.publisher import NOW, SimulatedPublisher
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.policy import Kind
from tenure.host.settings import read_settings
from tenure.programs import host, publisher
from tenure.publisher.authority import NewProduct

if TYPE_CHECKING:
    from collections.abc import Callable

Tenure: TypeAlias = "Callable[..., int]"
"""The exit code of `tenure ...`."""
Captured: TypeAlias = "pytest.CaptureFixture[str]"
HOST_ID = str(UUID(int=5, version=4))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """`TENURE_HOME`: a publisher, and a host of another publisher that has no address."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path))
    home = Home(tmp_path)
    publisher.init(home, name="Example Software", contact="", publisher_url=None)
    activate_home(home, SimulatedPublisher(), now=NOW)
    return home


@pytest.fixture
def tenure(home: Home) -> Tenure:
    """The command line on that home."""
    assert home.publisher.exists()
    return lambda *arguments: run(command, list(arguments))


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_host_is_revoked_from_a_time_for_a_reason(tenure: Tenure, capsys: Captured) -> None:
    """All of it is told, for programs; a second time nothing changes."""
    arguments = ("--reason", "stolen", "--from", "2027-01-15T09:00:00+01:00", "--json")
    for changed in (True, False):
        assert tenure("publisher", "host", "revoke", HOST_ID, *arguments) == 0
        told = printed(capsys)
        assert told == {
            "kind": "host",
            "subject": HOST_ID,
            "from": "2027-01-15T08:00:00Z",
            "reason": "stolen",
            "changed": changed,
            "places_freed": 0,
            "revocation_seq": 1,
        }


def test_people_are_told_what_follows(tenure: Tenure, capsys: Captured) -> None:
    """How hosts hear of it; and that no key has a host of this id, which may be a typing error."""
    assert tenure("publisher", "host", "revoke", HOST_ID, "--from", "now") == 0
    said = capsys.readouterr()
    for words in (f"Host {HOST_ID} is revoked from", "tenure host refresh", "revocations export"):
        assert words in said.out
    assert "check the id" in said.err
    assert tenure("publisher", "host", "revoke", HOST_ID) == 0
    assert "already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        pytest.param(("key", "revoke", "x" * 43), "key_unknown", 3, id="a key that was never issued"),
        pytest.param(("host", "revoke", HOST_ID, "--from", "soon"), "invalid_argument", 2, id="no time"),
        pytest.param(
            ("host", "revoke", HOST_ID, "--from", "2027-01-15T08:00:00"), "invalid_argument", 2, id="no zone"
        ),
        pytest.param(
            ("host", "revoke", HOST_ID, "--from", "1969-12-31T23:59:59Z"),
            "invalid_argument",
            2,
            id="too early",
        ),
        pytest.param(
            ("host", "revoke", HOST_ID, "--reason", "x" * 121), "invalid_argument", 2, id="a long reason"
        ),
    ],
)
def test_what_cannot_be_revoked_is_told(
    tenure: Tenure, capsys: Captured, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    """In words, with the exit code of its kind."""
    assert tenure("publisher", *arguments, "--json") == exit_code
    assert printed(capsys)["error"]["code"] == code


def test_what_is_no_host_id_is_a_usage_error(tenure: Tenure) -> None:
    """The command line's own word, exit code 2."""
    assert tenure("publisher", "host", "revoke", "host-1") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param((), "--publisher URL", id="no address in the catalog"),
        pytest.param(("--from", "nowhere.json"), "revocations export", id="no such file"),
        pytest.param(("--from", "x", "--publisher", "http://x"), "not both", id="file and address"),
        pytest.param(("--every", "4"), "5 to 1,440", id="too often"),
    ],
)
def test_a_refresh_that_cannot_be_meant_says_what_can(
    tenure: Tenure, capsys: Captured, arguments: tuple[str, ...], words: str
) -> None:
    """Exit code 2, and the way out."""
    assert tenure("host", "refresh", *arguments) == 2
    assert words in capsys.readouterr().err


def test_a_publisher_that_does_not_answer_is_unreachable(tenure: Tenure, capsys: Captured) -> None:
    """Exit code 4; nothing was changed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert tenure("host", "refresh", "--publisher", url, "--json") == 4
    assert printed(capsys)["error"]["code"] == "publisher_unreachable"


def test_the_interval_is_kept(tenure: Tenure, home: Home) -> None:
    """It is a setting, also when no publisher could be asked this time."""
    assert tenure("host", "refresh", "--every", "15") == 2
    with host.open_store(home) as store:
        assert read_settings(store.settings()).refresh_interval_s == 900


def test_a_file_that_is_no_update_is_untrusted(tenure: Tenure, capsys: Captured, tmp_path: Path) -> None:
    """Exit code 5."""
    (tmp_path / "other.json").write_text("{}")
    assert tenure("host", "refresh", "--from", str(tmp_path / "other.json"), "--json") == 5
    assert printed(capsys)["error"]["code"] == "document_malformed"


def test_an_export_goes_to_a_file_or_to_standard_output(
    tenure: Tenure, capsys: Captured, tmp_path: Path
) -> None:
    """The same bytes either way; with --json the path of the file is told."""
    out = tmp_path / "update.json"
    assert tenure("publisher", "revocations", "export", "--out", str(out), "--json") == 0
    assert printed(capsys) == {"out": str(out)}
    assert tenure("publisher", "revocations", "export") == 0
    assert capsys.readouterr().out == out.read_text()
    assert set(json.loads(out.read_text())) == {"catalogs", "revocations"}


def test_without_a_host_there_is_nothing_to_refresh(tmp_path: Path, capsys: Captured) -> None:
    """Exit code 2, and how to set one up."""
    assert run(command, ["host", "refresh", "--home", str(tmp_path / "empty")]) == 2
    assert "install-key" in capsys.readouterr().err


GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "revoke.md"


def test_every_command_of_the_guide_works_as_typed(tenure: Tenure, home: Home, tmp_path: Path) -> None:
    """With real ids and files in place of the guide's; the home's host is the publisher's own for this."""
    key, issued = publisher.issue_host_key(home, pools=(), customer="Customer", agreement="", trial=False)
    catalog = tmp_path / "catalog.json"
    publisher.add_products(home, source=None, product=NewProduct(name="Draft Studio", kind=Kind.WORKSTATION))
    publisher.export_catalog(home, catalog)
    host.install_key(home, key.text, catalog=catalog, root=None)
    real = {"KEY-ID": issued.key_id, "HOST-ID": HOST_ID, "update.json": str(tmp_path / "update.json")}
    blocks = re.findall(r"^```console\n(.*?)^```", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)
    commands = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(commands) == 7
    for line in commands:
        program, *words = shlex.split(line)
        assert program == "tenure"
        assert tenure(*(real.get(word, word) for word in words)) == 0, line
