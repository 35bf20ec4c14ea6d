"""The script of cmd.exe, read by a real grammar, for every edition of the table."""

from __future__ import annotations

import re

import pytest
import tree_sitter_batch
from tree_sitter import Language, Parser

from tenure.microsoft.keys import GenericKey, parse_table
from tenure.microsoft.rollout import DomainTarget, HostTarget, Machine, Plan, Target, make_plan
from tenure.microsoft.rollout_cmd import edition_script, startup_script
from tenure.programs.microsoft_keys import load_table

TABLE = load_table(None)
HOST = HostTarget("kms01.example.com", 1689)
DOMAIN = DomainTarget("example.com")
BATCH = Parser(Language(tree_sitter_batch.language()))


def planned(*rows: GenericKey, target: Target = HOST) -> Plan:
    """The plan for these editions, with one machine each."""
    machines = [Machine(at, f"pc{at}", row.product, row.edition) for at, row in enumerate(rows, 2)]
    return make_plan(machines, table=TABLE, target=target)


def row(label: str) -> GenericKey:
    """The row of the table with this label."""
    return next(one for one in TABLE.rows if one.label == label)


def check_script(script: str) -> None:
    """The script is ASCII with CRLF, parses, has every label that it goes to or calls, and no mark left."""
    assert script.isascii()
    assert script.count("\n") == script.count("\r\n")
    assert "@@" not in script
    assert not BATCH.parse(script.encode()).root_node.has_error, script
    labels = re.findall(r"^:(\w+)", script, flags=re.MULTILINE)
    assert len(labels) == len(set(labels))
    jumps = re.findall(r"\bgoto (\w+)|\bcall :(\w+)", script)
    assert {a or b for a, b in jumps} <= {*labels}
    # Nobody falls from one routine into the next: before each label that is called stands an exit.
    for called in {b for _, b in jumps if b}:
        before = script[: script.index(f"\r\n:{called}\r\n")].rstrip().splitlines()[-1]
        assert before.startswith("exit /b"), called


@pytest.mark.parametrize("one", TABLE.rows, ids=lambda one: one.label)
def test_every_edition_has_a_script(one: GenericKey) -> None:
    """It asks for the edition before it installs the key, and says nothing of any other key."""
    plan = planned(one)
    script = edition_script(plan, plan.editions[0])
    check_script(script)
    assert set(re.findall(r"(?:\w{5}-){4}\w{5}", script)) == {one.key}
    assert 'set "KMS_HOST=kms01.example.com"\r\nset "KMS_PORT=1689"' in script
    assert ("/inpkey:%KEY%" in script) is (one.kind == "office")
    assert ("/ipk %KEY%" in script) is (one.kind != "office")


def test_cscript_is_asked_quietly() -> None:
    """No dialog box opens: slmgr and ospp run under cscript //nologo, always."""
    script = startup_script(planned(row("Windows 11 Pro"), row("Office Professional Plus 2019")))
    tools = [line for line in script.splitlines() if line.startswith('"%SYS%\\cscript.exe"')]
    assert len(tools) == 7
    assert all(line.startswith('"%SYS%\\cscript.exe" //nologo "%') for line in tools)


def test_a_host_or_a_domain_is_set() -> None:
    """A host by /skms with its port; a domain by /ckms and /skms-domain, since /skms would override it."""
    rows = (row("Windows 11 Pro"), row("Office Professional Plus 2019"))
    by_host, by_domain = startup_script(planned(*rows)), startup_script(planned(*rows, target=DOMAIN))
    check_script(by_host)
    check_script(by_domain)
    assert "/skms %KMS_HOST%:%KMS_PORT%" in by_host
    assert "/sethst:%KMS_HOST%" in by_host
    assert "/skms-domain" not in by_host
    assert by_domain.index("/ckms") < by_domain.index("/skms-domain %KMS_DOMAIN%")
    assert by_domain.index("/remhst") < by_domain.index("/skms-domain:%KMS_DOMAIN%")
    assert 'set "KMS_DOMAIN=example.com"' in by_domain


def test_the_startup_script_offers_every_edition_and_keeps_a_log() -> None:
    """One script for all machines of a policy: each edition is offered, and everything said goes to the log."""
    plan = planned(*TABLE.rows)
    script = startup_script(plan)
    check_script(script)
    offers = re.findall(r"^call :(?:windows|office) (\S+)", script, flags=re.MULTILINE)
    assert len(offers) == len(plan.editions) == len(TABLE.rows)
    assert r'call :main >>"%SystemRoot%\Temp\tenure-kms-startup.log" 2>&1' in script
    assert script.count(">>") == 1


def test_the_agreement_is_named_and_windows_own_ids_are_not() -> None:
    """Each script says that an agreement is needed; none holds an application id."""
    script = startup_script(planned(row("Windows 11 Pro")))
    assert "needs a volume license agreement with Microsoft" in script
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", script)


def test_a_hostile_name_of_an_edition_is_defused() -> None:
    """A newer table's names come from outside: what cmd.exe could read otherwise is an underscore."""
    text = "product,edition,kind,gvlk\n" + "Windows & calc %PATH%,Pro,client,W269N-WFGWX-YVC9B-4J6C9-T83GX\n"
    plan = make_plan(
        [Machine(0, "", "Windows & calc %PATH%", "Pro")], table=parse_table(text, what="x"), target=HOST
    )
    script = edition_script(plan, plan.editions[0])
    check_script(script)
    assert "calc %PATH%" not in script
    assert '"Windows _ calc _PATH_ Pro"' in script
