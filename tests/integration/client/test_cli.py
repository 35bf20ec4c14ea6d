"""`tenure client`, from the arguments to the files and the exit code, against hosts on real sockets."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulators.refusing_dns import refusing_dns
from simulators.world import SHORT
from tenure.client.exchange import Answer
from tenure.core.errors import Code, Refused, Unavailable
from tenure.core.product_key import KeyType, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulators.command_line import Cli

    Captured = pytest.CaptureFixture[str]

FIELDS = [
    "license_status",
    "reason",
    "product",
    "product_id",
    "partial_key",
    "machine_id",
    "fingerprint_source",
    "host",
    "host_source",
    "lease_id",
    "lease_expires",
    "notification_from",
    "reduced_functionality_from",
    "renew_after",
    "minutes_remaining",
    "last_activation",
    "count",
    "threshold",
    "key_type",
    "activation_id",
]


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture
def dead_url() -> str:
    """Where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_machine_is_activated_from_key_to_status(cli: Cli, capsys: Captured) -> None:
    """Install a key, set a host, activate: `status` tells a license of 180 days."""
    cli.install()
    assert cli("client", "activate") == 0
    capsys.readouterr()
    assert cli("client", "status", "--json") == 0
    status = printed(capsys)
    assert list(status) == [*FIELDS, "products"]
    assert status["license_status"] == "licensed"
    assert status["product"] == "Draft Studio"
    assert (status["host"], status["host_source"]) == (cli.url.removeprefix("http://"), "set")
    assert status["partial_key"] == cli.key[-5:]
    assert status["minutes_remaining"] == 180 * 1440
    assert status["notification_from"] == status["lease_expires"]
    assert status["last_activation"].endswith("Z")
    (product,) = status["products"]
    assert product == {field: status[field] for field in FIELDS}


def test_people_are_told_what_to_do_next(cli: Cli, capsys: Captured) -> None:
    """Each step names the one after it, and none is left when the product is licensed."""
    for arguments, word in (
        (("status",), "install-key"),
        (("install-key", cli.key, "--catalog", str(cli.catalog_file)), "activate"),
        (("status",), "activate"),
        (("set-host", cli.url), "activate"),
        (("status",), "activate"),
        (("activate",), "licensed"),
    ):
        assert cli("client", *arguments) == 0
        assert word in capsys.readouterr().out.splitlines()[-1]
    assert cli("client", "status") == 0
    assert "Next:" not in capsys.readouterr().out


def test_every_command_speaks_json(cli: Cli, capsys: Captured) -> None:
    """One object each, with what a script would ask for next."""
    assert cli("client", "install-key", cli.key, "--catalog", str(cli.catalog_file), "--json") == 0
    installed = printed(capsys)
    assert installed["product_id"] == str(cli.publisher.workstation.product_id)
    assert installed["publisher"] == "Example Software"
    assert cli("client", "set-host", "a.example", "https://b.example:443", "--json") == 0
    assert printed(capsys) == {
        "hosts": ["a.example:1688", "b.example:443"],
        "urls": ["http://a.example:1688", "https://b.example:443"],
    }
    assert cli("client", "clear-host", "--json") == 0
    assert printed(capsys) == {"hosts": [], "urls": []}


def test_looking_at_an_empty_home_makes_nothing(cli: Cli, capsys: Captured) -> None:
    """`unlicensed`, reason `no_key`, exit 0, and no folder."""
    assert cli("client", "status", "--json") == 0
    status = printed(capsys)
    assert (status["license_status"], status["reason"]) == ("unlicensed", "no_key")
    assert status["products"] == []
    assert not cli.home.exists()


def test_a_202_is_exit_3_with_its_numbers(cli: Cli, capsys: Captured) -> None:
    """`count_insufficient`, 0xC004F038, count, threshold and what is missing; the status says the rest."""
    cli.install()
    cli.host.script.append(SHORT)
    capsys.readouterr()
    assert cli("client", "activate", "--json") == 3
    found = printed(capsys)
    assert found["error"]["code"] == "count_insufficient"
    assert found["error"]["hresult"] == "0xC004F038"
    assert (found["count"], found["threshold"], found["missing"]) == (7, 25, 18)
    assert found["license_status"] == "notification"


def test_waiting_is_held_by_the_host_and_ends_with_the_grant(cli: Cli, capsys: Captured) -> None:
    """`--wait` asks the host to hold the request, tells the count meanwhile, and ends with exit 0."""
    cli.install()
    cli.host.script.append(SHORT)
    cli.host.retry_after = 0
    capsys.readouterr()
    assert cli("client", "activate", "--wait", "30") == 0
    first, second = cli.host.waits
    assert (first, 0 < second < 30) == (30, True)
    assert "7 of 25" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("turn", "code", "exit_code"),
    [
        pytest.param(Refused(Code.CLOCK_SKEW, "No."), "clock_skew", 3, id="refused"),
        pytest.param(Unavailable(Code.HOST_NOT_ACTIVATED, "No."), "host_not_activated", 4, id="503"),
        pytest.param(Answer(200, b"<html>"), "host_unreachable", 4, id="a page"),
        pytest.param(lambda lease: replace(lease, count=1), "lease_invalid", 5, id="untrusted"),
    ],
)
def test_every_failure_has_its_exit_code(
    cli: Cli, capsys: Captured, turn: Any, code: str, exit_code: int
) -> None:
    """3 refused, 4 no answer, 5 untrusted; nothing that was held is lost."""
    cli.install()
    assert cli("client", "activate") == 0
    cli.host.script.append(turn)
    capsys.readouterr()
    assert cli("client", "renew", "--json") == exit_code
    found = printed(capsys)
    assert found["error"]["code"] == code
    assert found["license_status"] == "licensed"


def test_a_host_that_does_not_answer_is_exit_4(cli: Cli, capsys: Captured, dead_url: str) -> None:
    """The message names the host and why; with several hosts each of them."""
    cli.install()
    assert cli("client", "set-host", dead_url) == 0
    assert cli("client", "activate") == 4
    assert "connection refused" in capsys.readouterr().err
    assert cli("client", "set-host", dead_url, "no-such-host.invalid") == 0
    capsys.readouterr()
    assert cli("client", "activate") == 4
    message = capsys.readouterr().err
    assert dead_url.removeprefix("http://") in message
    assert "no-such-host.invalid:1688" in message
    assert "0xC004F074" in message


def test_waiting_for_a_host_that_is_not_there_tells_each_try(
    cli: Cli, capsys: Captured, dead_url: str
) -> None:
    """The reason and the pause, on standard error; then the exit code of the last try."""
    cli.install()
    assert cli("client", "set-host", dead_url) == 0
    assert cli("client", "activate", "--wait", "1.1") == 4
    assert "Trying again in" in capsys.readouterr().err


def test_the_second_host_answers_when_the_first_is_dead(cli: Cli, capsys: Captured, dead_url: str) -> None:
    """Hosts are tried in their order, and who was passed over is told."""
    cli.install()
    assert cli("client", "set-host", dead_url, cli.url) == 0
    assert cli("client", "activate") == 0
    assert "passed over" in capsys.readouterr().err


def test_two_products_are_activated_by_one_command(cli: Cli, capsys: Captured) -> None:
    """All installed ones, or the one that is named by id or name; the first failure gives the exit code."""
    cli.install()
    assert cli("client", "install-key", cli.publisher.server.generic_keys[0]) == 0
    cli.host.script.append(Refused(Code.PRODUCT_NOT_SERVED, "No."))
    assert cli("client", "activate") == 3
    assert cli("client", "activate", "--product", "Draft Studio") == 0
    capsys.readouterr()
    assert cli("client", "status", "--product", str(cli.publisher.server.product_id), "--json") == 0
    status = printed(capsys)
    assert status["product"] == "Render Server"
    assert [p["license_status"] for p in status["products"]] == ["licensed", "licensed"]
    assert cli("client", "status", "--product", "Paint") == 2


def test_every_product_counts_while_one_waits(cli: Cli) -> None:
    """With `--wait` all products are asked for once before the first is waited for."""
    cli.install()
    assert cli("client", "install-key", cli.publisher.server.generic_keys[0]) == 0
    cli.host.script.extend([SHORT, SHORT])
    assert cli("client", "activate", "--wait", "20") == 0
    assert [bool(wait) for wait in cli.host.waits] == [False, False, True, True]


@pytest.mark.parametrize("place", ["option", "variable", "home"])
def test_a_catalog_is_found_where_the_design_says(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """`--catalog`, `$TENURE_CATALOG`, else the one with this key among those in the home."""
    arguments = ["client", "install-key", cli.key]
    match place:
        case "option":
            arguments += ["--catalog", str(cli.catalog_file)]
        case "variable":
            monkeypatch.setenv("TENURE_CATALOG", str(cli.catalog_file))
        case _:
            catalogs = cli.home / "catalogs"
            catalogs.mkdir(parents=True)
            (catalogs / "a-broken.json").write_text("{")
            shutil.copy(cli.catalog_file, catalogs / "b-right.json")
    assert cli(*arguments) == 0


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        pytest.param(["NONSENSE"], 2, id="no key"),
        pytest.param([make(KeyType.HOST, 1023, 5).text], 2, id="a host key"),
        pytest.param(
            [make(KeyType.GENERIC, 0, 5).text, "--catalog", "CATALOG"], 3, id="a key of another catalog"
        ),
        pytest.param(["KEY"], 2, id="no catalog"),
        pytest.param(["KEY", "--catalog", "/no/such/file"], 2, id="no such file"),
        pytest.param(["KEY", "--catalog", "BROKEN"], 5, id="no catalog in the file"),
        pytest.param(["KEY", "--catalog", "CATALOG", "--root", "ROOT"], 5, id="another root"),
    ],
)
def test_a_key_that_cannot_be_installed_has_its_exit_code(
    cli: Cli, capsys: Captured, arguments: list[str], exit_code: int
) -> None:
    """2 for what was typed, 3 for a rule, 5 for what does not verify; every one with a cure."""
    broken, root = cli.home.parent / "broken.json", cli.home.parent / "root.jwk"
    broken.write_text("{}")
    root.write_text(json.dumps(cli.host.key.public.jwk))
    names = {"KEY": cli.key, "CATALOG": str(cli.catalog_file), "BROKEN": str(broken), "ROOT": str(root)}
    assert cli("client", "install-key", *(names.get(a, a) for a in arguments)) == exit_code
    assert "cure:" in capsys.readouterr().err


def test_clearing_hosts_keeps_leases(cli: Cli, capsys: Captured) -> None:
    """`clear-host` forgets where to ask, not what was granted."""
    cli.install()
    assert cli("client", "activate") == 0
    assert cli("client", "clear-host") == 0
    with refusing_dns() as server:
        assert cli("client", "activate", "--domain", "corp.test", "--dns-server", server) == 4
    capsys.readouterr()
    assert cli("client", "status", "--json") == 0
    assert printed(capsys)["license_status"] == "licensed"


@pytest.mark.parametrize("part", ["machine.json", "leases", "catalogs"])
def test_damage_is_named_and_the_rest_is_told(cli: Cli, capsys: Captured, part: str) -> None:
    """On standard error, so that `--json` stays one object; exit 0 while there is something to tell."""
    cli.install()
    assert cli("client", "activate") == 0
    path = cli.home / "client" / part
    if path.is_dir():
        (path,) = path.iterdir()
    path.write_text("{")
    capsys.readouterr()
    assert cli("client", "status", "--json") == 0
    told = capsys.readouterr()
    assert f"{path.name}.damaged-1" in told.err
    assert json.loads(told.out)["license_status"] == (
        "licensed" if part == "machine.json" else "notification"
    )


def test_when_damage_leaves_nothing_to_tell_it_is_exit_5(cli: Cli, capsys: Captured) -> None:
    """The only product's file is damaged: `state_damaged`."""
    cli.install()
    (path,) = (cli.home / "client" / "products").iterdir()
    path.write_text("{")
    capsys.readouterr()
    assert cli("client", "status", "--json") == 5
    assert printed(capsys)["error"]["code"] == "state_damaged"


def test_a_damaged_machine_can_be_set_up_and_activated_again(cli: Cli) -> None:
    """After any damage install-key, set-host and activate lead back."""
    cli.install()
    for path in (cli.home / "client").rglob("*.json"):
        path.write_text("{")
    cli.install()
    assert cli("client", "activate") == 0


def test_a_status_from_the_user_s_home_is_found_without_any_setting(
    cli: Cli, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands that only read look in `$TENURE_HOME`, then in the user's folder."""
    cli.install()
    shutil.copytree(cli.home, cli.home.parent / "user" / "tenure")
    monkeypatch.setenv("TENURE_HOME", str(cli.home.parent / "empty"))
    capsys.readouterr()
    assert cli("client", "status", "--json") == 0
    assert printed(capsys)["product"] == "Draft Studio"


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_status_works_for_another_user_on_a_home_that_is_not_theirs(cli: Cli, capsys: Captured) -> None:
    """Without the right to write anything it tells the same, and changes nothing."""
    cli.install()
    assert cli("client", "activate") == 0
    assert cli("client", "status", "--json") == 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(cli.home, home)
        Path(folder).chmod(0o755)
        everything = [home, *home.rglob("*")]
        before = {path: path.stat().st_mtime_ns for path in everything}
        for path in everything:
            path.chmod(0o555 if path.is_dir() else 0o444)
        capsys.readouterr()
        with _nobody():
            assert cli("client", "status", "--json", "--home", str(home)) == 0
            assert cli("client", "renew", "--home", str(home)) == 1
        assert {path: path.stat().st_mtime_ns for path in [home, *home.rglob("*")]} == before
        for path in everything:
            path.chmod(0o755)
    told = capsys.readouterr()
    assert json.loads(told.out)["license_status"] == "licensed"
    assert "home_unusable" in told.err


@contextmanager
def _nobody() -> Iterator[None]:
    """This process has no more rights than any user inside: root would be let through everywhere."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_the_client_needs_no_server_s_package() -> None:
    """What a machine is installed with is enough: no SQL, no server, no lock or color package is imported."""
    check = """
import sys
import tenure.cli.main
import tenure.cli.client
for module in tenure.cli.client.COMMANDS.values():
    __import__(module)
heavy = {"sqlalchemy", "alembic", "granian", "filelock", "rich"} & sys.modules.keys()
sys.exit(f"imported: {heavy}" if heavy else 0)
"""
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
