"""Which files a rollout has, and what the page beside them says."""

from __future__ import annotations

import pytest

from tenure.microsoft.rollout import HostTarget, Machine, Plan, make_plan
from tenure.microsoft.rollout_files import Format, rollout_files
from tenure.programs.microsoft_keys import load_table

TABLE = load_table(None)


def plan() -> Plan:
    """Two editions, one machine each."""
    machines = [
        Machine(2, "pc01", "Windows 11", "Pro"),
        Machine(3, "srv01", "Windows Server 2025", "Standard"),
    ]
    return make_plan(machines, table=TABLE, target=HostTarget("kms01.example.com"))


@pytest.mark.parametrize(
    ("formats", "names"),
    [
        ([Format.CMD], ["windows-11-pro.cmd", "windows-server-2025-standard.cmd"]),
        ([Format.POWERSHELL], ["windows-11-pro.ps1", "windows-server-2025-standard.ps1"]),
        (
            [Format.ANSIBLE],
            ["windows-11-pro.ps1", "windows-server-2025-standard.ps1", "playbook.yml", "inventory.yml"],
        ),
        ([Format.GROUP_POLICY], ["group-policy-startup.cmd"]),
    ],
)
def test_a_format_brings_its_files(formats: list[Format], names: list[str]) -> None:
    """A script an edition, and what runs them; the page that explains them comes first."""
    assert [file.name for file in rollout_files(plan(), formats)] == ["README.txt", *names]


def test_all_formats_have_different_names() -> None:
    """Nothing overwrites anything."""
    names = [file.name for file in rollout_files(plan(), list(Format))]
    assert len(names) == len(set(names)) == 8


def test_the_page_says_what_must_be_known() -> None:
    """The agreement, the host, the editions with their keys, the exit codes, and how a policy is made."""
    page = next(file.text for file in rollout_files(plan(), list(Format)) if file.name == "README.txt")
    for part in (
        "needs a volume license agreement with Microsoft",
        "Not affiliated with Microsoft",
        "kms01.example.com:1688",
        "Windows 11 Pro: W269N-WFGWX-YVC9B-4J6C9-T83GX (1 machines)",
        "No edition is converted",
        "Exit codes: 0 activated",
        "Scripts (Startup/Shutdown), Startup, Add",
        "ansible-playbook -i inventory.yml playbook.yml",
    ):
        assert part in page, part
    assert page.count("\n") == page.count("\r\n")
