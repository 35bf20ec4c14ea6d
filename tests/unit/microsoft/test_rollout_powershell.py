"""The script of Windows PowerShell, read by a real grammar, for every edition of the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

from tenure.microsoft.rollout import DomainTarget, HostTarget, Machine, Target, make_plan
from tenure.microsoft.rollout_powershell import edition_script
from tenure.programs.microsoft_keys import load_table

if TYPE_CHECKING:
    from tenure.microsoft.keys import GenericKey

TABLE = load_table(None)
HOST = HostTarget("kms01.example.com", 1689)
POWERSHELL = Parser(Language(tree_sitter_powershell.language()))


def script_of(row: GenericKey, *names: str, target: Target = HOST) -> str:
    """The script of this edition, for the named machines."""
    machines = [Machine(0, name, row.product, row.edition) for name in names or ("",)]
    plan = make_plan(machines, table=TABLE, target=target)
    return edition_script(plan, plan.editions[0])


def check_script(script: str) -> None:
    """The script has its byte order mark and CRLF, no mark left, and parses without an error."""
    assert script.startswith("\ufeff#Requires")
    assert script.count("\n") == script.count("\r\n")
    assert "@@" not in script
    assert not POWERSHELL.parse(script.removeprefix("\ufeff").encode()).root_node.has_error, script


def test_the_grammar_finds_errors() -> None:
    """A script with one brace taken away does not pass: the check above can fail."""
    broken = script_of(TABLE.rows[0]).removeprefix("\ufeff").replace("$Work = {", "$Work = ", 1)
    assert POWERSHELL.parse(broken.encode()).root_node.has_error


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.label)
def test_every_edition_has_a_script(row: GenericKey) -> None:
    """It names its key and no other, its host, and how the machine is asked for its edition."""
    script = script_of(row, "pc01")
    check_script(script)
    assert set(re.findall(r"(?:\w{5}-){4}\w{5}", script)) == {row.key}
    assert f"Key = '{row.key}'" in script
    assert "KmsHost = 'kms01.example.com'\r\n    KmsPort = 1689\r\n    KmsDomain = ''" in script
    assert ("OfficeLicense = ''" in script) is (row.kind != "office")


def test_a_domain_takes_the_hosts_place() -> None:
    """With a domain no host is named, and the module's clearing comes before its setting."""
    script = script_of(TABLE.rows[0], target=DomainTarget("example.com"))
    check_script(script)
    assert "KmsHost = ''\r\n    KmsPort = 0\r\n    KmsDomain = 'example.com'" in script
    assert script.index("Invoke-KmsLicense -ClearServer") < script.index("Set-KmsLicenseInfo -Domain")


def test_machines_are_a_list_of_strings() -> None:
    """Each name is a verbatim string; without names the list is empty and still parses."""
    script = script_of(TABLE.rows[0], "pc01", "b\u00fcro-1.example.com")
    check_script(script)
    assert "$Machines = @(\r\n    'pc01',\r\n    'b\u00fcro-1.example.com'\r\n)" in script
    empty = script_of(TABLE.rows[0])
    check_script(empty)
    assert "$Machines = @(\r\n\r\n)" in empty


def test_a_long_list_is_written_whole() -> None:
    """20,000 machines are in the script, each once."""
    names = [f"pc{at:05}" for at in range(20_000)]
    script = script_of(TABLE.rows[0], *names)
    assert re.findall(r"^    '(pc\d{5})'", script, flags=re.MULTILINE) == names


def test_the_module_is_used_where_it_is_and_slmgr_elsewhere() -> None:
    """Both ways stand in the script, and either is checked by WMI; the agreement is named, no application id is."""
    script = script_of(TABLE.rows[0])
    for part in (
        "Get-Command -Name Invoke-OSLicense -ErrorAction SilentlyContinue",
        "Invoke-OSLicense -InstallProductKey $Want.Key",
        "Set-KmsLicenseInfo -ServerName $Want.KmsHost -Port $Want.KmsPort",
        "Invoke-OSLicense -ActivateOnline",
        "Invoke-Script $Slmgr @('/ipk', $Want.Key)",
        "Invoke-Script $Slmgr @('/ato')",
        "& $Cscript //nologo",
        "needs a volume license agreement with Microsoft",
        "IsKeyManagementServiceMachine -eq 1",
    ):
        assert part in script, part
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", script)


def test_every_exit_code_that_is_promised_is_given() -> None:
    """The codes in the head of the script are those of its answers."""
    script = script_of(TABLE.rows[0])
    head = script.split("param(")[0]
    promised = {int(code) for code in re.findall(r"(?:: |; |\r\n# )(\d) ", head)}
    given = {int(code) for code in re.findall(r"New-Answer (\d)", script)} | {7}
    assert promised == given == {0, 1, 2, 3, 4, 5, 6, 7}
