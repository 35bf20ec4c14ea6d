"""The rollout as an Ansible playbook with its inventory; the PowerShell scripts of the editions do the work.

Only modules of ansible-core are used, so no collection has to be installed: `ansible.builtin.script` runs PowerShell scripts
on Windows. Connection and credentials are the administrator's: neither stands in these files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.microsoft.rollout import AGREEMENT
from tenure.microsoft.rollout_quoting import plain, yaml

if TYPE_CHECKING:
    from tenure.microsoft.rollout import EditionPlan, Plan


def group_name(edition: EditionPlan) -> str:
    """The inventory group of an edition's machines. The prefix keeps it apart from names of machines."""
    return "kms_" + edition.slug.replace("-", "_")


def playbook(plan: Plan) -> str:
    """One play an edition. A machine fails with the script's exit code, and is `changed` only when something was."""
    lines = [
        "---",
        "# Made by Tenure. Not affiliated with Microsoft.",
        f"# {AGREEMENT}",
        "# ansible-playbook -i inventory.yml playbook.yml",
    ]
    for edition in plan.editions:
        lines += [
            f"- name: {yaml(plain(edition.label))}",
            f"  hosts: {group_name(edition)}",
            "  gather_facts: false",
            "  tasks:",
            "    - name: Install the generic key, set the KMS host, activate, and check each step",
            "      ansible.builtin.script:",
            f"        cmd: {yaml(edition.slug + '.ps1')}",
            "      register: activation",
            "      changed_when: \"'Changed; activated' in (activation.stdout | default(''))\"",
            "      failed_when: (activation.rc | default(0)) != 0",
        ]
    return "\n".join([*lines, ""])


def inventory(plan: Plan) -> str:
    """The machines of each edition; an edition without machines has an empty group to fill."""
    lines = [
        "---",
        "# Made by Tenure. Add your connection: ansible_connection (winrm, psrp or ssh), user, and a vaulted password.",
        "all:",
        "  children:",
    ]
    for edition in plan.editions:
        lines.append(f"    {group_name(edition)}:")
        if edition.machines:
            lines.append("      hosts:")
            lines += [f"        {yaml(name)}:" for name in edition.machines]
        else:
            lines.append("      hosts: {}")
    return "\n".join([*lines, ""])
