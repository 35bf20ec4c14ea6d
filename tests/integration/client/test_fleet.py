"""`tenure fleet` against a simulated trial host on a real socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from simulators.world import SHORT
from tenure.client.exchange import Answer
from tenure.core.errors import Code, Refused, Unavailable

if TYPE_CHECKING:
    from simulators.command_line import Cli
    from simulators.world import Turn

    Captured = pytest.CaptureFixture[str]


def fleet(cli: Cli, *arguments: str, machines: int = 5) -> int:
    """The exit code of a fleet of workstations."""
    fixed = ["--host", cli.url, "--catalog", str(cli.catalog_file), "--machines", str(machines), "--json"]
    return cli("fleet", "--product", "Draft Studio", *fixed, *arguments)


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_every_machine_of_a_fleet_is_its_own(cli: Cli, capsys: Captured) -> None:
    """Each has a machine id, a fingerprint and a name that no other has, and all are licensed."""
    assert fleet(cli, machines=40) == 0
    found = printed(capsys)
    assert (found["machines"], found["licensed"], found["answers"]) == (40, 40, 40)
    assert found["latency_ms"]["p50"] <= found["latency_ms"]["p99"]
    for name in ("machine_id", "fingerprint", "hostname", "request_id"):
        assert len({getattr(body, name) for body in cli.host.bodies}) == 40


def test_a_product_may_be_named_by_its_id(cli: Cli) -> None:
    """As well as by its exact name."""
    product = str(cli.publisher.workstation.product_id)
    assert fleet(cli, "--product", product) == 0
    assert fleet(cli, "--product", "draft studio") == 2


@pytest.mark.parametrize(
    ("turn", "exit_code", "outcome", "code"),
    [
        pytest.param(SHORT, 3, "waiting", "count_insufficient", id="waiting"),
        pytest.param(Refused(Code.MACHINE_BLOCKED, "No."), 3, "refused", "machine_blocked", id="refused"),
        pytest.param(Unavailable(Code.OVERLOADED, "No."), 4, "unreachable", "overloaded", id="503"),
        pytest.param(Answer(200, b"<html>"), 4, "unreachable", "host_unreachable", id="a page"),
    ],
)
def test_a_machine_without_a_lease_gives_the_exit_code(
    cli: Cli, capsys: Captured, *, turn: Turn, exit_code: int, outcome: str, code: str
) -> None:
    """3 when one waits or was refused, 4 when one got no answer; the table has its code."""
    cli.host.script.append(turn)
    assert fleet(cli) == exit_code
    found = printed(capsys)
    assert (found["licensed"], found[outcome]) == (4, 1)
    assert found["codes"] == {code: 1}


def test_a_fleet_may_wait_for_its_threshold(cli: Cli, capsys: Captured) -> None:
    """With `--wait` each machine has its request held, and asks again after a 202."""
    cli.host.script.extend([SHORT] * 3)
    assert fleet(cli, "--wait", "--seconds", "30") == 0
    assert printed(capsys)["licensed"] == 5
    assert all(0 < wait <= 30 for wait in cli.host.waits)


def test_machines_whose_turn_does_not_come_are_told(cli: Cli, capsys: Captured) -> None:
    """The time of the run is over before they asked: no answer, `not_asked`."""
    assert fleet(cli, "--seconds", "0.000001", machines=3) == 4
    found = printed(capsys)
    assert found["codes"] == {"not_asked": 3}
    assert found["latency_ms"] == {"p50": None, "p99": None}
    assert cli.host.bodies == []


def test_a_host_for_real_use_is_refused(cli: Cli, capsys: Captured) -> None:
    """`trial_only`, exit 3, and no machine ever asked it."""
    cli.certify(trial=False)
    assert fleet(cli) == 3
    assert printed(capsys)["error"]["code"] == "trial_only"
    assert cli.host.bodies == []


def test_without_a_catalog_there_is_no_fleet(cli: Cli, capsys: Captured) -> None:
    """The error says how to give one; one in a home is found by itself."""
    arguments = ["fleet", "--product", "Draft Studio", "--host", cli.url, "--machines", "1"]
    assert cli(*arguments) == 2
    assert "--catalog" in capsys.readouterr().err
    (cli.home / "catalogs").mkdir(parents=True)
    cli.catalog_file.rename(cli.home / "catalogs" / "trial.json")
    assert cli(*arguments) == 0
    assert "licensed" in capsys.readouterr().out
