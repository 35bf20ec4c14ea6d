"""What an administrator types so that machines reach the host: one rule in the words of each common firewall.

Nothing here is run: which firewall a machine has, and what else its rules say, is its administrator's to know. All text
in a line is ours, a number or a network's canonical form, so there is nothing to quote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.core.peers import Network

RULE_NAME: Final = "Tenure activation host"


@dataclass(frozen=True, slots=True)
class FirewallRule:
    """The rule for one firewall."""

    firewall: str
    """Its own name, in lower case."""
    note: str
    """Where it is usual, and what to know before typing."""
    lines: tuple[str, ...]


def firewall_rules(port: int, sources: Sequence[Network]) -> tuple[FirewallRule, ...]:
    """The rules that let TCP `port` in from `sources`, or from everywhere when there are none."""
    return (
        FirewallRule("ufw", "Ubuntu, Debian; as root", _ufw(port, sources)),
        FirewallRule("firewalld", "Red Hat, Fedora, SUSE; as root", _firewalld(port, sources)),
        FirewallRule(
            "nftables",
            "as root; lasts until the next boot: write it into /etc/nftables.conf too, and name your own table and chain",
            _nftables(port, sources),
        ),
        FirewallRule("windows", "PowerShell, as administrator", (_windows(port, sources),)),
    )


def _ufw(port: int, sources: Sequence[Network]) -> tuple[str, ...]:
    if not sources:
        return (f"ufw allow {port}/tcp comment '{RULE_NAME}'",)
    return tuple(
        f"ufw allow proto tcp from {_short(source)} to any port {port} comment '{RULE_NAME}'"
        for source in sources
    )


def _firewalld(port: int, sources: Sequence[Network]) -> tuple[str, ...]:
    rules = [
        f'--add-rich-rule=\'rule family="ipv{source.version}" source address="{_short(source)}" '
        f'port port="{port}" protocol="tcp" accept\''
        for source in sources
    ] or [f"--add-port={port}/tcp"]
    return (*(f"firewall-cmd --permanent {rule}" for rule in rules), "firewall-cmd --reload")


def _nftables(port: int, sources: Sequence[Network]) -> tuple[str, ...]:
    # Inserted before the chain's other rules: behind one that rejects the rest it would never be reached.
    families = {4: "ip", 6: "ip6"}
    origins = [f"{families[source.version]} saddr {_short(source)} " for source in sources] or [""]
    return tuple(
        f"nft insert rule inet filter input {origin}tcp dport {port} accept comment '\"{RULE_NAME}\"'"
        for origin in origins
    )


def _windows(port: int, sources: Sequence[Network]) -> str:
    origin = f" -RemoteAddress {','.join(map(_quoted, sources))}" if sources else ""
    return (
        f"New-NetFirewallRule -Name 'Tenure-Host-In-TCP' -DisplayName '{RULE_NAME} (TCP {port})' -Direction Inbound "
        f"-Action Allow -Protocol TCP -LocalPort {port}{origin} -Profile 'Domain','Private'"
    )


def _quoted(source: Network) -> str:
    return f"'{_short(source)}'"


def _short(source: Network) -> str:
    """A network of one address as that address."""
    return str(source.network_address if source.num_addresses == 1 else source)
