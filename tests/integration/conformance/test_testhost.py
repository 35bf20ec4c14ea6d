"""`tenure-testhost run`: what it says of clients that do it wrong."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from tenure.cli.command import run
from tenure.cli.testhost import command

if TYPE_CHECKING:
    from pathlib import Path

ASK = """
import json, os, sys, urllib.request
body = {"machine_id": "33333333-3333-4333-8333-333333333333", "product_id": os.environ["TENURE_TEST_PRODUCT"],
        "request_id": "66666666-6666-4666-8666-666666666666", "hostname": "x", "fingerprint": "fingerprint-of-x",
        "virtual": False, "license_status": "notification", "minutes_remaining": 0, "client_time": 0}
post = urllib.request.Request(os.environ["TENURE_TEST_HOST"] + "/v1/activations", json.dumps(body).encode(),
                              {"content-type": "application/json"})
urllib.request.urlopen(post).read()
"""

WRONG = {
    "believes everything": (
        ASK + 'print(\'{"license_status": "licensed"}\')',
        "granted; untrusted was expected",
    ),
    "believes nothing": (ASK + "print('{}'); sys.exit(5)", "no JSON object with license_status"),
    "gives its license up": (
        ASK + 'print(\'{"license_status": "notification"}\'); sys.exit(5)',
        "untrusted; granted was expected",
    ),
    "never asks": (
        'print(\'{"license_status": "notification"}\'); raise SystemExit(5)',
        "never asked the host",
    ),
    "fails": ("raise SystemExit('a word of why')", "exit code 1: a word of why"),
    "says nothing": ("", "it ended as granted"),
}


@pytest.mark.parametrize(("program", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_client_that_does_it_wrong_is_told_what(
    program: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first step that went otherwise is named with what was seen and what was expected; exit 1."""
    client = tmp_path / "client.py"
    client.write_text(program)
    asked = ["run", "wrong-nonce", "--client", shlex.join([sys.executable, str(client)]), "--json"]
    with pytest.raises(SystemExit) as left:
        run(command, asked)
    assert left.value.code == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["passed"], said["failed"]) == (0, 1)
    assert told in said["cases"][0]["fault"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "no-such-case", "--client", "true"],
        ["run", "granted", "--client", ""],
        ["run", "granted", "--client", "no-such-program-anywhere"],
        ["run", "granted", "--client", "'unfinished"],
        ["serve", "no-such-case"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_told_in_words(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and no traceback."""
    assert run(command, arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_list_names_every_case_with_its_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """For people a table, for machines JSON."""
    assert run(command, ["list", "--json"]) == 0
    cases = json.loads(capsys.readouterr().out)["cases"]
    assert {"name": "wrong-nonce", "why": "The lease names this request.", "steps": 3} in cases
    assert run(command, ["list"]) == 0
    assert "wrong-nonce" in capsys.readouterr().out
