"""The rollout's .cmd scripts, run by a real interpreter of cmd.exe's language (Wine's)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.wine import WINE, Wine
from tenure.microsoft.rollout import DomainTarget, HostTarget, Machine, Target, make_plan
from tenure.microsoft.rollout_cmd import edition_script, startup_script
from tenure.programs.microsoft_keys import load_table

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(WINE is None, reason="needs Wine: apt-get install wine wine64"),
    # Once in some hundred runs Wine's reg.exe answers nothing on a busy machine, and the script rightly does nothing then.
    pytest.mark.flaky(reruns=2),
]

HOST = HostTarget("kms01.example.com", 1689)
PRO_KEY = "W269N-WFGWX-YVC9B-4J6C9-T83GX"


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    """A Wine prefix of this module's own."""
    wine = Wine(tmp_path_factory.mktemp("wine"))
    try:
        wine.boot()
        yield wine
    finally:
        wine.stop()


def script(product: str, edition: str, target: Target = HOST) -> str:
    """The script of one edition."""
    plan = make_plan([Machine(0, "", product, edition)], table=load_table(None), target=target)
    return edition_script(plan, plan.editions[0])


def test_a_fresh_machine_is_activated_and_then_left_alone(windows: Wine) -> None:
    """Key, host, activation, exit code 0; the second run changes nothing."""
    windows.become("Professional", 22631)
    code, said, calls = windows.run(script("Windows 11", "Pro"))
    assert (code, calls) == (0, [f"/ipk {PRO_KEY}", "/skms kms01.example.com:1689", "/ato"])
    assert "changed; activated" in said
    code, said, calls = windows.run(script("Windows 11", "Pro"))
    assert (code, calls) == (0, [])
    assert "activated already" in said


def test_a_domain_is_set_after_the_host_is_cleared(windows: Wine) -> None:
    """/ckms before /skms-domain: while a host is set, the domain has no effect."""
    windows.become("Professional", 22631, knows={"status": "0"})
    code, _, calls = windows.run(script("Windows 11", "Pro", DomainTarget("example.com")))
    assert (code, calls) == (0, ["/ckms", "/skms-domain example.com", "/ato"])


@pytest.mark.parametrize(
    ("edition_id", "build"),
    [("Core", 22631), ("Professional", 19045), ("ProfessionalN", 22631), ("ServerStandardEval", 26100)],
    ids=["Home", "Windows 10", "Pro N", "evaluation"],
)
def test_another_edition_is_left_as_it_is(windows: Wine, edition_id: str, build: int) -> None:
    """Exit code 3, and neither tool was called: no edition is converted."""
    windows.become(edition_id, build)
    code, said, calls = windows.run(script("Windows 11", "Pro"))
    assert (code, calls) == (3, [])
    assert f"this is {edition_id}, build {build}" in said


def test_a_kms_host_keeps_its_host_key(windows: Wine) -> None:
    """A generic key on a KMS host would replace its host key: exit code 3, nothing changed."""
    windows.become("ServerDatacenter", 20348, knows={"kms-host": "yes"})
    code, said, calls = windows.run(script("Windows Server 2022", "Datacenter"))
    assert (code, calls) == (3, [])
    assert "KMS host" in said


@pytest.mark.parametrize(
    ("refuses", "code", "last"),
    [("refuses-ipk", 4, "/ipk"), ("refuses-skms", 5, "/skms"), ("refuses-ato", 6, "/ato")],
    ids=["key", "host", "activation"],
)
def test_a_step_that_fails_has_its_code_and_is_the_last(
    windows: Wine, refuses: str, code: int, last: str
) -> None:
    """What slmgr prints is nothing that a script could trust; the result is checked after each step."""
    windows.become("Professional", 22631, knows={refuses: ""})
    found, _, calls = windows.run(script("Windows 11", "Pro"))
    assert found == code
    assert calls[-1].split()[0] == last


def test_a_policy_script_picks_the_machines_own_editions(windows: Wine) -> None:
    """A server core installation gets its server's key, and the Office that is there its own."""
    rows = [
        ("Windows 11", "Pro"),
        ("Windows Server 2022", "Datacenter"),
        ("Windows Server 2019", "Datacenter"),
        ("Office 2019", "Professional Plus"),
    ]
    machines = [Machine(0, "", *row) for row in rows]
    text = startup_script(make_plan(machines, table=load_table(None), target=HOST))
    windows.become("ServerDatacenterCor", 20348, knows={"office": "yes"})
    code, said, calls = windows.run(text)
    assert (code, said) == (0, "")  # everything goes to the log
    assert calls == [
        "/ipk WX4NM-KYWYW-QJJR4-XV3QB-6VM33",
        "/skms kms01.example.com:1689",
        "/ato",
        # The stand-in has one license status for both, so Office is activated already.
        "/sethst:kms01.example.com",
        "/setprt:1689",
    ]
    windows.become("Core", 22631)
    assert windows.run(text)[0] == 3


def test_office_has_its_own_tool(windows: Wine) -> None:
    """ospp.vbs installs the key, sets host and port, and activates, where such an Office is installed."""
    text = script("Office 2019", "Professional Plus")
    windows.become("Professional", 22631)
    assert windows.run(text)[0] == 3
    windows.become("Professional", 22631, knows={"office": "yes"})
    code, _, calls = windows.run(text)
    assert code == 0
    assert calls == [
        "/inpkey:NMMKJ-6RK4F-KMJVX-8D9MJ-6MWKP",
        "/sethst:kms01.example.com",
        "/setprt:1689",
        "/act",
    ]
