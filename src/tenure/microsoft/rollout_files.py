"""The files of a rollout: which formats there are, what each file is called, and the page that explains them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tenure.microsoft import rollout_ansible, rollout_cmd, rollout_powershell
from tenure.microsoft.rollout import AGREEMENT
from tenure.microsoft.rollout_quoting import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tenure.microsoft.rollout import Plan


class Format(StrEnum):
    """What a rollout can be written as."""

    CMD = "cmd"
    POWERSHELL = "powershell"
    ANSIBLE = "ansible"
    GROUP_POLICY = "group-policy"


@dataclass(frozen=True, slots=True)
class RolloutFile:
    """One file, its line ends and byte order mark included."""

    name: str
    format: Format | None
    """None: the page that explains the others."""
    text: str


def rollout_files(plan: Plan, formats: Collection[Format]) -> Iterator[RolloutFile]:
    """Every file of the formats, the explaining page first. A playbook brings the PowerShell scripts that it runs."""
    wanted = {*formats} | ({Format.POWERSHELL} if Format.ANSIBLE in formats else set())
    yield RolloutFile("README.txt", None, readme(plan, wanted))
    for edition in plan.editions:
        if Format.CMD in wanted:
            yield RolloutFile(f"{edition.slug}.cmd", Format.CMD, rollout_cmd.edition_script(plan, edition))
        if Format.POWERSHELL in wanted:
            text = rollout_powershell.edition_script(plan, edition)
            yield RolloutFile(f"{edition.slug}.ps1", Format.POWERSHELL, text)
    if Format.ANSIBLE in wanted:
        yield RolloutFile("playbook.yml", Format.ANSIBLE, rollout_ansible.playbook(plan))
        yield RolloutFile("inventory.yml", Format.ANSIBLE, rollout_ansible.inventory(plan))
    if Format.GROUP_POLICY in wanted:
        yield RolloutFile("group-policy-startup.cmd", Format.GROUP_POLICY, rollout_cmd.startup_script(plan))


def readme(plan: Plan, formats: Collection[Format]) -> str:
    """What the administrator must know before anything is run."""
    parts = [
        "Volume activation by your own KMS host",
        "Made by Tenure. Not affiliated with Microsoft.",
        "",
        AGREEMENT,
        "",
        f"Clients will ask: {plan.target}",
        f"Generic keys: Microsoft's table, {plan.table_as_of or 'of unknown date'}",
        "",
        "Editions:",
        *(f"  {plain(one.label)}: {one.key} ({len(one.machines):,} machines)" for one in plan.editions),
        "",
        "No edition is converted: a script leaves a machine of another edition as it is (exit code 3), and a KMS host too.",
        "An installed key of the same edition (MAK, OEM, retail) is replaced, as slmgr /ipk does.",
        "",
        "Exit codes: 0 activated; 2 not elevated; 3 another edition or a KMS host, nothing changed; 4 key not installed;",
        "5 KMS host not set; 6 not activated yet (the count may be short: Windows tries again every 2 hours);",
        "7 a machine gave no answer (-Remote); 1 anything else.",
    ]
    told = {
        Format.CMD: "EDITION.cmd: run it on the machine, from an elevated prompt.",
        Format.POWERSHELL: (
            "EDITION.ps1: powershell -NoProfile -ExecutionPolicy Bypass -File EDITION.ps1 on the machine, elevated;\n"
            "with -Remote on all machines of the list, by PowerShell remoting (WinRM)."
        ),
        Format.ANSIBLE: (
            "playbook.yml: put your connection into inventory.yml, then\n"
            "ansible-playbook -i inventory.yml playbook.yml. It needs ansible-core alone."
        ),
        Format.GROUP_POLICY: (
            "group-policy-startup.cmd: for machines of a domain. In the Group Policy Management console, make a policy\n"
            "for the machines' organizational unit and edit it: Computer Configuration, Policies, Windows Settings,\n"
            "Scripts (Startup/Shutdown), Startup, Add. Show Files opens the folder for the script. It runs as SYSTEM, so\n"
            "elevated, at each start; an activated machine is left as it is. Turn on Computer Configuration, Policies,\n"
            "Administrative Templates, System, Logon, 'Always wait for the network at computer startup and logon'.\n"
            r"Each machine keeps a log: %SystemRoot%\Temp\tenure-kms-startup.log"
        ),
    }
    for format_, text in told.items():
        if format_ in formats:
            parts += ["", text]
    return "\r\n".join("\n".join([*parts, ""]).split("\n"))
