"""The agent at the awkward host: every case, by what it holds afterwards and by its log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulators.agents import agent
from simulators.awkward import patience_for
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import Home
from tenure.client.host_address import parse_host
from tenure.conformance.case import Case, Outcome
from tenure.conformance.cases import CASES
from tenure.conformance.site import POLICY
from tenure.programs import client
from tenure.programs.testhost import staged

if TYPE_CHECKING:
    from collections.abc import Mapping

BEHIND = POLICY.renewal_interval_s + 300
"""Seconds by which the host's clock is behind: whatever it grants is due for renewal, so each new agent asks at once."""

NOT_DUE = {"clock-a-little-ahead", "renewal-in-ten-years"}
"""Cases whose first lease is not due for renewal for a while, whatever the host wants: the agent goes one step."""

GRANTED, SHORT, FAILED = "has a lease until", "waits at", "got no lease"


def installed(variables: Mapping[str, str]) -> Home:
    """A machine that has the key, and the host set."""
    home = Home(Path(variables["TENURE_TEST_STATE"]))
    catalog, root = Path(variables["TENURE_TEST_CATALOG"]), Path(variables["TENURE_TEST_ROOT"])
    client.install_key(home, variables["TENURE_TEST_KEY"], catalog=catalog, root=root, warn=print)
    client.set_hosts(home, [parse_host(variables["TENURE_TEST_HOST"])], warn=print)
    return home


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_agent_makes_of_it_what_it_should(case: Case) -> None:
    """It asks once, holds what it should, and its log says what came of it and when it asks again."""
    patience = patience_for(case)
    with staged(case, patience=patience, clock=lambda: system_clock() - BEHIND) as stage:
        home = installed(stage.environment)
        steps = case.steps[:1] if case.name in NOT_DUE else case.steps
        for number, step in enumerate(steps, start=1):
            stage.arrange(step)
            with agent(home.root, wait=0, answer_seconds=patience) as it:
                line = it.until(GRANTED, SHORT, FAILED)
            status = client.status(home.root, product=None, warn=print).chosen
            assert (status.license_status == "licensed") is step.licensed, (number, it.log)
            assert (GRANTED in line) is (step.outcome is Outcome.GRANTED), (number, line)
            assert (SHORT in line) <= (step.outcome is Outcome.REFUSED), (number, line)
            assert (FAILED in line) is ("Asking again in" in line), (number, line)
            assert "The agent itself failed" not in line
            heard = stage.heard
            assert (len(heard.requests), heard.misunderstood) == (1, [])
