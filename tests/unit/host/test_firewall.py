from __future__ import annotations

import shlex

import pytest
import tree_sitter_powershell
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Parser

from tenure.core.errors import Code, UsageError
from tenure.core.peers import parse_network
from tenure.host.firewall import firewall_rules

POWERSHELL = Parser(Language(tree_sitter_powershell.language()))
NETWORKS = st.one_of(st.ip_addresses().map(str), st.sampled_from(["10.0.0.0/8", "fd00:20::/32", "0.0.0.0/0"]))


def rules(port: int, *sources: str) -> dict[str, tuple[str, ...]]:
    """The lines of each firewall."""
    return {rule.firewall: rule.lines for rule in firewall_rules(port, [parse_network(s) for s in sources])}


def test_without_a_source_everyone_who_reaches_the_machine_is_let_in() -> None:
    """One rule for the port, in the words of each firewall."""
    assert rules(1688) == {
        "ufw": ("ufw allow 1688/tcp comment 'Tenure activation host'",),
        "firewalld": ("firewall-cmd --permanent --add-port=1688/tcp", "firewall-cmd --reload"),
        "nftables": (
            "nft insert rule inet filter input tcp dport 1688 accept comment '\"Tenure activation host\"'",
        ),
        "windows": (
            (
                "New-NetFirewallRule -Name 'Tenure-Host-In-TCP' -DisplayName 'Tenure activation host (TCP 1688)' "
                "-Direction Inbound -Action Allow -Protocol TCP -LocalPort 1688 -Profile 'Domain','Private'"
            ),
        ),
    }


def test_sources_are_named_each_in_the_words_of_its_family() -> None:
    """IPv4 and IPv6, networks and single addresses."""
    lines = rules(2000, "10.20.0.0/16", "fd00:20::/32", "192.0.2.7")
    assert lines["ufw"] == tuple(
        f"ufw allow proto tcp from {source} to any port 2000 comment 'Tenure activation host'"
        for source in ("10.20.0.0/16", "fd00:20::/32", "192.0.2.7")
    )
    assert shlex.split(lines["firewalld"][1])[2] == (
        '--add-rich-rule=rule family="ipv6" source address="fd00:20::/32" '
        'port port="2000" protocol="tcp" accept'
    )
    assert [line.partition("input ")[2].partition(" saddr")[0] for line in lines["nftables"]] == [
        "ip",
        "ip6",
        "ip",
    ]
    assert "-RemoteAddress '10.20.0.0/16','fd00:20::/32','192.0.2.7' -Profile" in lines["windows"][0]


@given(port=st.integers(1, 65_535), sources=st.lists(NETWORKS, max_size=4))
def test_every_line_is_one_command_of_its_shell(port: int, sources: list[str]) -> None:
    """A POSIX shell or PowerShell reads it without an error, and nothing in it is special to it."""
    for firewall, lines in rules(port, *sources).items():
        for line in lines:
            if firewall == "windows":
                assert not POWERSHELL.parse(f"{line}\n".encode()).root_node.has_error, line
            else:
                words = shlex.split(line)
                assert not set("".join(words)) & set(";&|$`<>\n"), line


def test_the_grammar_finds_errors() -> None:
    """A line with one quotation mark taken away does not pass: the check above can fail."""
    (line,) = rules(1688)["windows"]
    assert POWERSHELL.parse(line.replace("TCP'", "TCP", 1).encode()).root_node.has_error


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "corp.example",
        "10.0.0.0/8;reboot",
        "fe80::1%eth0",
        "fe80::1%';reboot;'",
        "1" * 5_000,
    ],
    ids=[
        "nothing",
        "host bits",
        "too long",
        "a name",
        "a command",
        "a zone",
        "a zone's command",
        "5000 digits",
    ],
)
def test_what_is_no_network_is_refused(text: str) -> None:
    """With what one looks like; never put into a line."""
    with pytest.raises(UsageError) as caught:
        parse_network(text)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert len(str(caught.value)) < 400
