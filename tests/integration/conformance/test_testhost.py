"""`tenure-testhost`: what it says of clients that do it wrong, and to whoever types something wrong."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tenure.adapters.http.client import HttpClient
from tenure.cli.command import run
from tenure.cli.testhost import command
from tenure.conformance.cases import CASES
from tenure.conformance.judging import Ended
from tenure.programs.client_under_test import client_of
from tenure.programs.testhost import chosen, serve_case

if TYPE_CHECKING:
    Captured = pytest.CaptureFixture[str]

ASK = """
import json, os, sys, time, urllib.request, uuid
def ask(setting, content_type="application/json"):
    body = {"machine_id": "33333333-3333-4333-8333-333333333333", "product_id": setting["TENURE_TEST_PRODUCT"],
            "request_id": str(uuid.uuid4()), "hostname": "x", "fingerprint": "fingerprint-of-x",
            "virtual": False, "license_status": "notification", "minutes_remaining": 0, "client_time": int(time.time())}
    post = urllib.request.Request(setting["TENURE_TEST_HOST"] + "/v1/activations", json.dumps(body).encode(),
                                  {"content-type": content_type})
    urllib.request.urlopen(post).read()
"""

BELIEVES_EVERYTHING = ASK + 'ask(os.environ)\nprint(\'{"license_status": "licensed"}\')'

WRONG = {
    "believes everything": (BELIEVES_EVERYTHING, 1, "ended as granted (exit 0)"),
    "believes nothing": (
        ASK + "ask(os.environ)\nprint('{}'); sys.exit(5)",
        1,
        "no JSON object with license_status",
    ),
    "gives its license up": (
        ASK + 'ask(os.environ)\nprint(\'{"license_status": "notification"}\'); sys.exit(5)',
        2,
        "ended as untrusted (exit 5)",
    ),
    "never asks": (
        'print(\'{"license_status": "notification"}\'); raise SystemExit(5)',
        1,
        "never asked the host",
    ),
    "sends a form": (
        ASK + "ask(os.environ, 'application/x-www-form-urlencoded')",
        1,
        "what no host understands: Content-Type application/json was expected",
    ),
    "fails": ("raise SystemExit('a word of why')", 1, "ended with exit code 1: a word of why"),
    "says nothing": ("", 1, "never asked the host"),
}

STAYS = (
    ASK
    + """
for line in sys.stdin:
    setting = json.loads(line)
    ask(setting)
    print(json.dumps({"exit_code": 5, "license_status": "notification", "error": "I trust nobody."}), flush=True)
"""
)


def written(folder: Path, program: str) -> str:
    """The command that runs this program."""
    client = folder / "client.py"
    client.write_text(program)
    return shlex.join([sys.executable, str(client)])


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(("program", "step", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_client_that_does_it_wrong_is_told_what(
    program: str, step: int, told: str, tmp_path: Path, capsys: Captured
) -> None:
    """The first step that went otherwise is named with what was seen and what was expected; exit 3."""
    asked = ["run", "--case", "wrong-nonce", "--client", written(tmp_path, program), "--json"]
    assert run(command, asked) == 3
    said = printed(capsys)
    assert (said["passed"], said["failed"]) == (0, 1)
    (case,) = said["cases"]
    assert (case["name"], case["passed"], case["step"]) == ("wrong-nonce", False, step)
    assert told in case["did"]
    assert case["expected"]


def test_people_read_a_table_and_what_went_wrong(tmp_path: Path, capsys: Captured) -> None:
    """Each case with its outcome; of those that failed the rule, the deed, what was expected, and where to look."""
    asked = [
        "run",
        "--case",
        "granted",
        "--case",
        "wrong-nonce",
        "--client",
        written(tmp_path, BELIEVES_EVERYTHING),
    ]
    assert run(command, asked) == 3
    said = capsys.readouterr().out
    assert "failed at step 1 of 3" in said
    assert "wrong-nonce: the host grants a lease that answers another request." in said
    for label, text in {
        "rule": "The lease names this request.",
        "the client": "ended as granted (exit 0)",
        "expected": "refuses what came (exit 5), not licensed",
        "look at it": "tenure-testhost serve wrong-nonce",
    }.items():
        assert any(label in line and text in line for line in said.splitlines()), (label, said)
    assert said.endswith("1 of 2 cases passed.\n")


def test_a_client_that_passes_is_exit_0(tmp_path: Path, capsys: Captured) -> None:
    """What it was tried with is chosen by name and by pattern, each case once."""
    client = written(tmp_path, BELIEVES_EVERYTHING)
    asked = [
        "run",
        "--case",
        "granted",
        "--only",
        "grant*",
        "--client",
        client,
        "--json",
    ]
    assert run(command, asked) == 0
    said = printed(capsys)
    assert [case["name"] for case in said["cases"]] == ["granted"]
    assert [case.name for case in chosen(["newer-claims"], pattern="newer-*")] == [
        "newer-members",
        "newer-claims",
    ]


def test_the_page_s_first_client_does_what_the_page_says(tmp_path: Path, capsys: Captured) -> None:
    """docs/how-to/write-a-client.md: it passes two cases, and is told why it fails the third."""
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "write-a-client.md").read_text()
    program = page.partition("```python\n")[2].partition("```")[0]
    asked = ["run", "--client", written(tmp_path, program)]
    assert run(command, [*asked, "--case", "granted", "--case", "waiting-then-granted"]) == 0
    assert "2 of 2 cases passed." in capsys.readouterr().out
    assert run(command, [*asked, "--case", "wrong-nonce"]) == 3
    told = capsys.readouterr().out.partition("\n\n")[2].splitlines()
    assert told[0] == "wrong-nonce: the host grants a lease that answers another request."
    assert [line for line in told if line and line not in page] == []


def test_a_client_that_stays_is_started_once(tmp_path: Path) -> None:
    """It is told of each step by a line, and answers with a line; its words are the line's `error`."""
    with (
        serve_case(CASES[0], tmp_path, port=0, patience=3) as variables,
        client_of(written(tmp_path, STAYS), seconds=30, stays=True) as client,
    ):
        first, second = client(variables), client(variables)
    assert (first.exit_code, first.last_words) == (5, "I trust nobody.")
    assert json.loads(second.out)["license_status"] == "notification"


@pytest.mark.parametrize(
    ("program", "seconds", "ended"),
    [
        pytest.param("import sys; sys.exit('why')", 30, Ended(1, "", "why\n"), id="ends"),
        pytest.param("import time; time.sleep(60)", 0.3, Ended(None, "", ""), id="hangs"),
    ],
)
def test_a_client_that_stays_and_does_not_is_told_of(
    program: str, seconds: float, ended: Ended, tmp_path: Path
) -> None:
    """One that ends has its exit code and its words; one that hangs is ended. Either is started anew."""
    with client_of(written(tmp_path, program), seconds=seconds, stays=True) as client:
        assert [client({}), client({})] == [ended] * 2


def test_a_client_that_hangs_is_ended(tmp_path: Path) -> None:
    """After the time that a step may take."""
    with client_of(written(tmp_path, "import time; time.sleep(60)"), seconds=0.5) as client:
        assert client({}) == Ended(None, "", "")


@pytest.mark.parametrize(
    "line", ["done", "[]", '{"exit_code": null}', "[" * 100_000], ids=lambda line: line[:20]
)
def test_a_line_that_says_nothing_is_told(line: str, tmp_path: Path) -> None:
    """It is no exit code that a client may have."""
    with client_of(
        written(tmp_path, f"input(); print({line!r}, flush=True)"), seconds=30, stays=True
    ) as client:
        ended = client({})
    assert ended.exit_code == 1
    assert "no JSON object with exit_code" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--case", "no-such-case", "--client", "true"],
        ["run", "--only", "no-such-*", "--client", "true"],
        ["run", "--case", "granted", "--client", ""],
        ["run", "--case", "granted", "--client", "no-such-program-anywhere"],
        ["run", "--case", "granted", "--client", "no-such-program-anywhere", "--stay"],
        ["run", "--case", "granted", "--client", "'unfinished"],
        ["serve", "no-such-case"],
        ["list", "--only", "no-such-*"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_told_in_words(arguments: list[str], capsys: Captured) -> None:
    """Exit 2, and no traceback."""
    assert run(command, arguments) == 2
    told = capsys.readouterr().err
    assert "error:" in told
    assert "Traceback" not in told


def test_the_list_names_every_case_and_what_a_client_does(capsys: Captured) -> None:
    """For people a table, for machines JSON."""
    assert run(command, ["list", "--json"]) == 0
    cases = printed(capsys)["cases"]
    assert [case["name"] for case in cases] == [case.name for case in CASES]
    (case,) = (case for case in cases if case["name"] == "waiting-then-granted")
    assert case["host"] == "answers 202, then grants"
    assert case["steps"] == [
        {"outcome": "refused", "exit_code": 3, "licensed": False},
        {"outcome": "granted", "exit_code": 0, "licensed": True},
    ]
    assert run(command, ["list", "--only", "wrong-*"]) == 0
    table = capsys.readouterr().out
    assert "wrong-nonce" in table
    assert "refuses what came (exit 5), not licensed" in table
    assert "waiting-then-granted" not in table


def test_a_case_is_served_to_look_at(tmp_path: Path) -> None:
    """Its files are there, and its host refuses what is no request as a host does."""
    with serve_case(CASES[0], tmp_path, port=0, patience=3) as variables:
        http = HttpClient()
        base = variables["TENURE_TEST_HOST"]
        answers = [
            http.request("POST", base + "/v1/activations", body=body).status
            for body in (b"{", b"{}", b"x" * 20_000)
        ]
        answers += [http.request("POST", base + "/v1/other", body=b"{}").status]
        answers += [http.request("GET", base + "/v1/other").status]
        http.close()
    assert answers == [400, 400, 413, 404, 404]
    assert (tmp_path / "catalog.json").exists()
    assert (tmp_path / "root.jwk").exists()
