"""What is entered by hand: PowerShell's part is read by a real grammar (BIND's: tests/integration/dns)."""

from __future__ import annotations

import re

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tenure.core.network import SrvRecord
from tenure.host.dns_by_hand import ByHand, by_hand
from tenure.host.dns_plan import DnsPlan

POWERSHELL = Parser(Language(tree_sitter_powershell.language()))
PLAN = DnsPlan(
    zones=("corp.test", "lab.test"),
    label="_tenure",
    service=SrvRecord(1, 2, 1688, "h.corp.test", 3600),
    addresses=("10.0.0.5", "fd00::5", "10.0.0.6"),
)
CORP, LAB = by_hand(PLAN, server="[fd00::2]:5353", key_name="tenure-h")


def parsed(commands: str) -> Node:
    """The commands as the grammar reads them: it knows no digit in a parameter's name, as PowerShell does."""
    return POWERSHELL.parse(re.sub(r"-IPv[46]Address", "-IPAddress", commands).encode()).root_node


def nodes(node: Node, kind: str) -> list[str]:
    """The texts of all nodes of a kind, in order."""
    found = [node.text.decode()] if node.type == kind and node.text is not None else []
    return found + [text for child in node.children for text in nodes(child, kind)]


def test_the_lines_of_a_zone_file_have_whole_names() -> None:
    """So they mean the same wherever they stand."""
    assert CORP.zone_file.splitlines() == [
        "_tenure._tcp.corp.test. 3600 IN SRV 1 2 1688 h.corp.test.",
        "h.corp.test. 3600 IN A 10.0.0.5",
        "h.corp.test. 3600 IN AAAA fd00::5",
        "h.corp.test. 3600 IN A 10.0.0.6",
    ]
    assert LAB.zone_file == "_tenure._tcp.lab.test. 3600 IN SRV 1 2 1688 h.corp.test.\n"


def test_nsupdate_gets_server_zone_records_and_the_order_to_send() -> None:
    """The address and the port of the server apart, as nsupdate wants them; none where none is named."""
    assert LAB.nsupdate.splitlines() == [
        "server fd00::2 5353",
        "zone lab.test.",
        "update add _tenure._tcp.lab.test. 3600 IN SRV 1 2 1688 h.corp.test.",
        "send",
    ]
    assert by_hand(PLAN, server=None, key_name="x")[0].nsupdate.startswith("zone corp.test.\n")


def test_the_commands_of_powershell_parse() -> None:
    """One a record, with the cmdlet of its type."""
    tree = parsed(CORP.powershell)
    assert not tree.has_error
    assert nodes(tree, "command_name")[::2] == [
        "Add-DnsServerResourceRecord",
        "Add-DnsServerResourceRecordA",
        "Add-DnsServerResourceRecordAAAA",
        "Add-DnsServerResourceRecordA",
    ]
    assert nodes(tree, "command_name")[1] == "New-TimeSpan"


def test_powershell_gets_names_within_the_zone() -> None:
    """Relative to it, and `@` for the zone itself."""
    service, first, *_ = CORP.powershell.splitlines()
    assert service == (
        "Add-DnsServerResourceRecord -Srv -ZoneName 'corp.test' -Name '_tenure._tcp' "
        "-TimeToLive (New-TimeSpan -Seconds 3600) -DomainName 'h.corp.test' -Priority 1 -Weight 2 -Port 1688"
    )
    assert "-Name 'h' " in first
    apex = DnsPlan(zones=("h.corp.test",), label="_tenure", service=PLAN.service, addresses=("10.0.0.5",))
    assert "-Name '@' " in by_hand(apex, server=None, key_name="x")[0].powershell


def test_the_grammar_finds_errors() -> None:
    """A command with its parenthesis taken away does not parse: the check above can fail."""
    broken = CORP.powershell.replace(")", "", 1)
    assert parsed(broken).has_error


@pytest.mark.parametrize(("entry", "names"), [(CORP, 2), (LAB, 1)], ids=["with addresses", "without"])
def test_bind_grants_each_name_the_types_that_are_published_there(entry: ByHand, names: int) -> None:
    """And no other: a host cannot change the rest of the zone."""
    policy = entry.bind.splitlines()
    assert policy[0] == "update-policy {"
    assert policy[-1] == "};"
    assert len(policy) == names + 2
    assert policy[1].endswith(" SRV;")
    if names == 2:
        assert policy[2] == '    grant "tenure-h" name h.corp.test. A AAAA;'
