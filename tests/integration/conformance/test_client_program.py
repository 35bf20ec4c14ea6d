"""`tenure client activate` and `renew` at the awkward host: every case, its state and its words."""

from __future__ import annotations

import json
import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulators.awkward import patience_for
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.conformance.answer_cases import CURE
from tenure.conformance.case import Case, Outcome
from tenure.conformance.cases import CASES
from tenure.conformance.judging import Ended
from tenure.programs.testhost import run_case

if TYPE_CHECKING:
    from collections.abc import Mapping

ERROR = re.compile(rf"error: \S.*({re.escape(CURE)}|\n  cure: \S.*)\n  code: [a-z_]+")
"""What went wrong, what to do, by our own words or by the host's, and the code."""


@dataclass
class CommandLine:
    """The command line in this process, as the client of a case; remembers what it printed and kept at each step."""

    told: list[str] = field(default_factory=list)
    leases: list[dict[str, bytes]] = field(default_factory=list)

    def __call__(self, variables: Mapping[str, str]) -> Ended:
        """One step: the key is installed if it is not yet; then the host is asked, by `renew` where there is a lease."""
        self._home = variables["TENURE_TEST_STATE"]
        if not self._kept("machine.json"):
            catalog, root = variables["TENURE_TEST_CATALOG"], variables["TENURE_TEST_ROOT"]
            key = variables["TENURE_TEST_KEY"]
            self._tenure("client", "install-key", key, "--catalog", catalog, "--root", root)
            self._tenure("client", "set-host", variables["TENURE_TEST_HOST"])
        name = "renew" if self._kept("leases/*") else "activate"
        code, _, err = self._tenure("client", name, "--timeout", variables["TENURE_TEST_SECONDS"])
        _, out, _ = self._tenure("client", "status", "--json")
        self.told.append(err)
        self.leases.append(self._kept("leases/*"))
        return Ended(code, json.dumps(json.loads(out)), err)

    def _tenure(self, *arguments: str) -> tuple[int, str, str]:
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = run(command, [*arguments, "--home", self._home])
        return code, out.getvalue(), err.getvalue()

    def _kept(self, pattern: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in Path(self._home, "client").glob(pattern)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_client_makes_of_it_what_it_should(case: Case) -> None:
    """The kit finds no fault; who got no lease is told why and what to do, and keeps the lease that was held."""
    client = CommandLine()
    seen = run_case(client, case, patience=patience_for(case))
    assert seen.fault is None, (seen.step, seen.fault, seen.words)
    held: dict[str, bytes] = {}
    for step, told, leases in zip(case.steps, client.told, client.leases, strict=True):
        assert "Traceback" not in told
        if step.outcome is Outcome.GRANTED:
            assert leases not in ({}, held)
            assert "error:" not in told
        else:
            assert leases == held
            assert len(ERROR.findall(told)) == 1, told
            assert ("stays licensed until" in told) is step.licensed
        held = leases
