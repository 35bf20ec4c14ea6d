"""`tenure publisher audit` and `token`, and what a stolen database does not give away."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tenure.adapters.os.home import Home
from tenure.adapters.os.user import user_name
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.policy import Kind
from tenure.core.product_key import parse
from tenure.programs import publisher
from tenure.publisher.authority import NewProduct
from tenure.wire.base64url import encode
from tenure.wire.keys import derived_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    Captured = pytest.CaptureFixture[str]
    Publisher = Callable[..., int]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """`TENURE_HOME`: a publisher with one product."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path))
    home = Home(tmp_path)
    publisher.init(home, name="Example Software", contact="", publisher_url=None)
    publisher.add_products(home, source=None, product=NewProduct(name="Draft Studio", kind=Kind.WORKSTATION))
    return home


@pytest.fixture
def tenure(home: Home) -> Publisher:
    """The exit code of `tenure publisher ...`."""
    return lambda *arguments: run(command, ["publisher", *arguments])


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_every_change_is_told_with_who_made_it(tenure: Publisher, capsys: Captured) -> None:
    """Newest last; by the name that the system knows the user by."""
    assert tenure("key", "issue", "--type", "host", "--customer", "Example Corp") == 0
    assert tenure("token", "add", "shop", "--role", "issuer") == 0
    capsys.readouterr()
    assert tenure("audit", "--json") == 0
    told = printed(capsys)
    assert [entry["action"] for entry in told["entries"]] == [
        "publisher init",
        "product add",
        "key issue",
        "token add",
    ]
    assert {entry["actor"] for entry in told["entries"]} == {f"user {user_name()}"}
    assert told["more"] is False
    assert tenure("audit", "--action", "token") == 0
    out = capsys.readouterr().out
    assert "shop" in out
    assert "key issue" not in out


def test_filters_limit_and_csv(tenure: Publisher, capsys: Captured) -> None:
    """The newest of what is asked for; CSV has all of it, oldest first."""
    for number in range(3):
        tenure("token", "add", f"t{number}", "--role", "reader")
    capsys.readouterr()
    assert tenure("audit", "--action", "token add", "--limit", "2", "--json") == 0
    told = printed(capsys)
    assert [entry["subject"] for entry in told["entries"]] == ["t1", "t2"]
    assert told["more"] is True
    assert tenure("audit", "--since", "2099-01-01", "--json") == 0
    assert printed(capsys)["entries"] == []
    assert tenure("audit", "--until", "2099-01-01T00:00:00Z", "--subject", "t1", "--json") == 0
    assert len(printed(capsys)["entries"]) == 1
    assert tenure("audit", "--action", "token add", "--csv", "-") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert [row["subject"] for row in rows] == ["t0", "t1", "t2"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--verify", "--limit", "1"),
        ("--verify", "--action", "x"),
        ("--head", "1:" + "0" * 64),
        ("--verify", "--head", "x"),
        ("--csv", "-", "--json"),
        ("--limit", "0"),
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together_are_refused(tenure: Publisher, arguments: tuple[str, ...]) -> None:
    """Exit 2."""
    assert tenure("audit", *arguments) == 2


TAMPERINGS = {
    "altered": "UPDATE audit SET actor = 'user bob' WHERE id = 2",
    "altered-to-a-blob": "UPDATE audit SET detail = x'ff' WHERE id = 2",
    "taken-out": "DELETE FROM audit WHERE id = 2",
    "renumbered": "UPDATE audit SET id = id + 1 WHERE id = 2",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS)
def test_whoever_changes_the_database_is_found_out(
    tenure: Publisher, home: Home, capsys: Captured, statement: str
) -> None:
    """The database itself refuses it; when its guard is taken away first, `--verify` names the row: exit 5."""
    assert tenure("audit", "--verify", "--json") == 0
    head = printed(capsys)["head"]
    with closing(sqlite3.connect(home.publisher / "publisher.db")) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            connection.execute(statement)
        connection.execute("DROP TRIGGER audit_refuses_update")
        connection.execute("DROP TRIGGER audit_refuses_delete")
        connection.execute(statement)
        connection.commit()
    assert tenure("audit", "--verify", "--json") == 5
    error = printed(capsys)["error"]
    assert error["code"] == "state_damaged"
    assert "ow 2" in error["detail"]
    assert tenure("audit", "--verify", "--head", head) == 5


def test_a_head_that_was_noted_is_still_there_later(tenure: Publisher, capsys: Captured) -> None:
    """And an audit of another publisher does not have it."""
    assert tenure("audit", "--verify") == 0
    told = capsys.readouterr().out
    (head,) = set(re.findall(r"\d+:[0-9a-f]{64}", told))
    assert tenure("token", "add", "shop", "--role", "reader") == 0
    assert tenure("audit", "--verify", "--head", head) == 0
    assert tenure("audit", "--verify", "--head", head[:-1] + ("0" if head[-1] != "0" else "1")) == 5


def test_a_token_is_shown_once_or_written_for_its_owner_alone(
    tenure: Publisher, tmp_path: Path, capsys: Captured
) -> None:
    """`--out` writes it with mode 0600 and prints it nowhere; the list has name, role and end."""
    assert tenure("token", "add", "shop", "--role", "issuer", "--expires", "30", "--json") == 0
    shown = printed(capsys)
    assert shown["token"].startswith("tenure_")
    out = tmp_path / "token"
    assert tenure("token", "add", "desk", "--role", "reader", "--out", str(out)) == 0
    told = capsys.readouterr().out
    text = out.read_text().strip()
    assert text.startswith("tenure_")
    assert text not in told
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert tenure("token", "list", "--json") == 0
    tokens = printed(capsys)["tokens"]
    assert [(token["name"], token["role"]) for token in tokens] == [("shop", "issuer"), ("desk", "reader")]
    assert (tokens[0]["expires"][-1], tokens[1]["expires"]) == ("Z", None)
    assert tenure("token", "list") == 0
    table = capsys.readouterr().out
    assert "never" in table
    assert shown["token"] not in table
    assert tenure("token", "remove", "shop") == 0
    assert tenure("token", "remove", "shop") == 3
    assert tenure("token", "add", "desk", "--role", "reader") == 2


def test_a_stolen_database_gives_no_product_key_away(
    tenure: Publisher, home: Home, tmp_path: Path, capsys: Captured
) -> None:
    """Neither key, nor its characters, nor the seed of its pair is in any file; its last five and the public half are."""
    secrets = []
    with publisher.open_authority(home) as authority:
        # An open connection keeps the write-ahead log from being folded into the database, and so in the search.
        authority.catalogs()
        for arguments in (
            ("host", "--customer", "Example Corp"),
            ("mak", "--activations", "5"),
            ("retail",),
        ):
            assert tenure("key", "issue", "--type", *arguments, "--json") == 0
            secrets.append(parse(printed(capsys)["key"]))
        assert tenure("token", "add", "shop", "--role", "admin", "--json") == 0
        token_text = printed(capsys)["token"]
        stolen = shutil.copytree(home.publisher, tmp_path / "stolen")
    raw = b"".join(path.read_bytes() for path in stolen.iterdir() if path.name.startswith("publisher.db"))
    assert any(path.name == "publisher.db-wal" and path.stat().st_size for path in stolen.iterdir())
    for key in secrets:
        hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tenure-key-v1")
        seed = hkdf.derive(key.characters.encode())
        for secret in (key.text, key.characters, key.text[:-6], key.characters[:-5]):
            for written in (secret, secret.lower()):
                assert written.encode() not in raw
        for form in (seed, seed.hex().encode(), encode(seed).encode()):
            assert form not in raw
        assert key.partial.encode() in raw
        assert derived_pair(key).public.x.encode() in raw
    assert token_text.encode() not in raw
    assert token_text.removeprefix("tenure_").encode() not in raw


def test_two_processes_issue_at_once_and_the_audit_stays_whole(
    tenure: Publisher, home: Home, capsys: Captured
) -> None:
    """Each key is there, and no two rows of the audit have one number."""
    issue = (
        "import sys; from pathlib import Path; from tenure.adapters.os.home import Home;"
        "from tenure.programs import publisher; home = Home(Path(sys.argv[1])); sys.stdin.readline();"
        "[publisher.issue_host_key(home, pools=(), customer=sys.argv[2], agreement='', trial=False)"
        " for _ in range(10)]"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", issue, str(home.root), name], stdin=subprocess.PIPE)
        for name in ("one", "two")
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
    for process in started:
        process.wait(timeout=60)
    assert [process.returncode for process in started] == [0, 0]
    customers = [report.key.customer for report in publisher.list_keys(home)]
    assert (customers.count("one"), customers.count("two")) == (10, 10)
    assert tenure("audit", "--verify", "--json") == 0
    assert printed(capsys)["rows"] == 22


def test_the_commands_of_the_guide_work_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Those in its console blocks, one after the other on an empty home."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    guide = Path(__file__).parents[3] / "docs" / "how-to" / "run-a-publisher.md"
    blocks = re.findall(r"^```console\n(.*?)^```$", guide.read_text(), re.MULTILINE | re.DOTALL)
    commands = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(commands) == 14
    for line in commands:
        program, *words = shlex.split(line)
        assert program == "tenure"
        assert run(command, words) == 0, line
    assert "Example Customer" in capsys.readouterr().out
    assert stat.S_IMODE((tmp_path / "shop.token").stat().st_mode) == 0o600
    assert "key issue" in (tmp_path / "audit.csv").read_text()
