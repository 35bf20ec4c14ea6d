"""What can be wrong with the way to a KMS host: one table of stable codes, each with its cure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Machines that follow it are not activated."""
    WARNING = "warning"
    """It works, but not as it was meant, or not for long."""
    NOTE = "note"
    """Nothing is wrong; it helps to know."""


class Fault(StrEnum):
    """The stable names of findings, in `--json` and in the documentation. Append-only."""

    # The domain
    NO_RECORD = "no_record"
    DOMAIN_UNKNOWN = "domain_unknown"
    SUFFIX_MISSING = "suffix_missing"
    SUFFIX_NOT_SEARCHED = "suffix_not_searched"
    DNS_NO_ANSWER = "dns_no_answer"
    DNS_SERVER_FAILED = "dns_server_failed"
    DNS_REFUSED = "dns_refused"
    # The records of a domain, together
    PRIORITIES_USELESS = "priorities_useless"
    HOST_LISTED_TWICE = "host_listed_twice"
    COUNT_SPLIT = "count_split"
    TOO_MANY_RECORDS = "too_many_records"
    # The target of one record
    SERVICE_DENIED = "service_denied"
    TARGET_MISSING = "target_missing"
    TARGET_UNRESOLVED = "target_unresolved"
    TARGET_IS_ADDRESS = "target_is_address"
    TARGET_WITHOUT_SUFFIX = "target_without_suffix"
    TARGET_SUFFIX_DOUBLED = "target_suffix_doubled"
    TARGET_IS_ALIAS = "target_is_alias"
    TENURE_HOST = "tenure_host"
    # The target's addresses and the port
    PUBLIC_ADDRESS = "public_address"
    GLOBAL_IPV6_ADDRESS = "global_ipv6_address"
    UNUSABLE_ADDRESS = "unusable_address"
    PORT_REFUSED = "port_refused"
    PORT_FILTERED = "port_filtered"
    HOST_UNREACHABLE = "host_unreachable"
    ADDRESS_DEAD = "address_dead"
    ADDRESS_NOT_TESTABLE = "address_not_testable"
    PORT_WRONG = "port_wrong"
    PORT_DOUBTFUL = "port_doubtful"
    PORT_UNUSUAL = "port_unusual"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a fault is and what to do about it."""

    level: Level
    title: str
    cure: str
    """`{domain}` stands for the domain. A record's own words never stand in a cure: a cure is copied into a shell."""
    client_error: str = ""
    """The code that a Windows client shows for it (kms-facts, section 9)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, where it was seen."""

    fault: Fault
    domain: str
    """Empty where it is this machine's and not a domain's."""
    detail: str
    """What was found, in a sentence or two."""
    record: str | None = None
    """`target:port` of the record."""

    @property
    def level(self) -> Level:
        """How bad it is."""
        return MEANINGS[self.fault].level

    @property
    def cure(self) -> str:
        """What to do about it."""
        return MEANINGS[self.fault].cure.format(domain=self.domain)

    @property
    def client_error(self) -> str | None:
        """The code that a Windows client shows, if it shows one."""
        return MEANINGS[self.fault].client_error or None


_DELETE: Final = (
    "delete it in the DNS console, or list the records with "
    "Get-DnsServerResourceRecord -ZoneName {domain} -Name _vlmcs._tcp -RRType Srv "
    "and give that one to Remove-DnsServerResourceRecord; clients that remember its host need slmgr /ckms"
)
_FIREWALL: Final = (
    "On the KMS host, let the rule in: Enable-NetFirewallRule -Name SPPSVC-In-TCP; "
    "then look at the firewalls between the networks for TCP 1688"
)

MEANINGS: Final[dict[Fault, Meaning]] = {
    Fault.NO_RECORD: Meaning(
        Level.ERROR,
        "the domain names no KMS host",
        "On the KMS host run slmgr /sdns and Restart-Service sppsvc; a host of another domain publishes here when "
        "its DnsDomainPublishList has a line with {domain}. Event 12293 there says why it could not. Without a record, "
        "set the host on each client: slmgr /skms HOST.",
        "0x8007232B",
    ),
    Fault.DOMAIN_UNKNOWN: Meaning(
        Level.ERROR,
        "the domain does not exist",
        "Check the spelling, and that this DNS server knows the internal zones; name one that does with --dns-server.",
        "0x8007232B",
    ),
    Fault.SUFFIX_MISSING: Meaning(
        Level.ERROR,
        "there is no DNS suffix, so no question is sent",
        "Give the machine a primary DNS suffix, join it to the domain, or have DHCP send the domain (option 15); else "
        "name the domain on it: slmgr /skms-domain DOMAIN. Here, name the whole domain.",
        "0x8007007B",
    ),
    Fault.SUFFIX_NOT_SEARCHED: Meaning(
        Level.NOTE,
        "this machine would not look there",
        "Nothing to do if the clients look there (their primary DNS suffix or their suffix list); else run "
        "slmgr /skms-domain {domain} on them.",
    ),
    Fault.DNS_NO_ANSWER: Meaning(
        Level.ERROR,
        "the DNS gave no answer",
        "Check that the DNS server is up and that port 53 (UDP and TCP) gets there; ask another with --dns-server.",
        "0x8007232A",
    ),
    Fault.DNS_SERVER_FAILED: Meaning(
        Level.ERROR,
        "the DNS server failed",
        "Look at its log: the zone did not load or is out of date, or the server it forwards to does not answer.",
        "0x8007232A",
    ),
    Fault.DNS_REFUSED: Meaning(
        Level.ERROR,
        "the DNS server refused the question",
        "Ask the DNS server that the clients use (--dns-server), or let this machine ask there (allow-query).",
        "0x8007232A",
    ),
    Fault.PRIORITIES_USELESS: Meaning(
        Level.WARNING,
        "priorities or weights that host caching makes useless",
        "A client remembers the host that answered it once and asks that one again, so the order counts only at the "
        "first contact. Give all records priority 0 and weight 0, or turn host caching off on the clients: slmgr /ckhc.",
    ),
    Fault.HOST_LISTED_TWICE: Meaning(
        Level.WARNING,
        "two records of one host",
        f"Keep the record with the name and port that the host has now. For the other one: {_DELETE}.",
    ),
    Fault.COUNT_SPLIT: Meaning(
        Level.NOTE,
        "several hosts, and each counts alone",
        "Each host needs 25 clients (5 servers) of its own. Two are enough for most networks, one under 50 machines.",
    ),
    Fault.TOO_MANY_RECORDS: Meaning(
        Level.WARNING,
        "more records than anybody needs",
        "A host key is good for six hosts; delete the records of hosts that are gone, then check again.",
    ),
    Fault.SERVICE_DENIED: Meaning(
        Level.ERROR,
        "a record that says there is no KMS host",
        f"The target '.' means that the service is not there (RFC 2782). If there is one, {_DELETE}.",
        "0xC004F074",
    ),
    Fault.TARGET_MISSING: Meaning(
        Level.ERROR,
        "a stale record: its target has no address",
        f"If the host is gone: {_DELETE}. If it is alive, register its name again there: ipconfig /registerdns.",
        "0xC004F074",
    ),
    Fault.TARGET_UNRESOLVED: Meaning(
        Level.ERROR,
        "the DNS did not say where the target is",
        "The target's zone is another one than the record's: see that this DNS server reaches it (delegation, forwarder).",
        "0xC004F074",
    ),
    Fault.TARGET_IS_ADDRESS: Meaning(
        Level.ERROR,
        "an IP address where a name belongs",
        f"The target of an SRV record is a host name (RFC 2782). Add one with the host's name; for this one: {_DELETE}.",
        "0xC004F074",
    ),
    Fault.TARGET_WITHOUT_SUFFIX: Meaning(
        Level.ERROR,
        "a target without its DNS suffix",
        f"Give the host a primary DNS suffix, and write the whole name in the record. For this one: {_DELETE}.",
        "0xC004F074",
    ),
    Fault.TARGET_SUFFIX_DOUBLED: Meaning(
        Level.ERROR,
        "a target with its DNS suffix twice",
        "In the zone file, end the target with a dot; without one the server adds the zone's name.",
        "0xC004F074",
    ),
    Fault.TARGET_IS_ALIAS: Meaning(
        Level.WARNING,
        "a target that is an alias (CNAME)",
        "RFC 2782 forbids it and not every client follows it: write the host's own name in the record.",
    ),
    Fault.TENURE_HOST: Meaning(
        Level.ERROR,
        "the record points at a Tenure host",
        "A Tenure host never answers Windows or Office; its own record is _tenure._tcp. Let _vlmcs._tcp name the genuine "
        f"KMS host. For this record: {_DELETE}.",
        "0xC004F074",
    ),
    Fault.PUBLIC_ADDRESS: Meaning(
        Level.WARNING,
        "a public address",
        "A KMS host asks nobody who they are, so whoever reaches it uses it. Publish its internal address, and close "
        "TCP 1688 at the border.",
    ),
    Fault.GLOBAL_IPV6_ADDRESS: Meaning(
        Level.NOTE,
        "a global IPv6 address",
        "That is usual for IPv6; see that the border lets no TCP 1688 in, for a KMS host asks nobody who they are.",
    ),
    Fault.UNUSABLE_ADDRESS: Meaning(
        Level.ERROR,
        "an address that clients cannot use",
        "Correct the host's A or AAAA record. A loopback or link-local address is often what a host registered that had "
        "no lease from DHCP: ipconfig /renew, then ipconfig /registerdns.",
        "0xC004F074",
    ),
    Fault.PORT_REFUSED: Meaning(
        Level.ERROR,
        "nothing listens on the port",
        "On the host: Restart-Service sppsvc, and see with slmgr /dlv that KMS is enabled and on which port it listens. "
        f"If it is no KMS host any more: {_DELETE}.",
        "0xC004F074",
    ),
    Fault.PORT_FILTERED: Meaning(
        Level.ERROR,
        "no answer from the port: filtered, or no machine",
        f"{_FIREWALL}. If the machine is gone: {_DELETE}.",
        "0xC004F074",
    ),
    Fault.HOST_UNREACHABLE: Meaning(
        Level.ERROR,
        "no way to the host",
        "Check the route from here, and the address in the DNS; a VPN that does not carry the host's network looks so.",
        "0xC004F074",
    ),
    Fault.ADDRESS_DEAD: Meaning(
        Level.WARNING,
        "one address of the host does not answer",
        "Delete the A or AAAA record of the address that the host has no more; or let it in there: "
        "Enable-NetFirewallRule -Name SPPSVC-In-TCP.",
    ),
    Fault.ADDRESS_NOT_TESTABLE: Meaning(
        Level.NOTE,
        "an address to which there is no way from here",
        "Nothing to do if this machine has no IPv6 or is in another network; else check the route.",
    ),
    Fault.PORT_WRONG: Meaning(
        Level.ERROR,
        "a wrong port",
        "On the host, slmgr /dlv shows the port on which it listens; Restart-Service sppsvc publishes it again. For the "
        f"wrong record: {_DELETE}.",
        "0xC004F074",
    ),
    Fault.PORT_DOUBTFUL: Meaning(
        Level.WARNING,
        "a port that is perhaps another service's",
        "A KMS host listens on one port; slmgr /dlv on it shows which. Correct the record if it is 1688.",
    ),
    Fault.PORT_UNUSUAL: Meaning(
        Level.NOTE,
        "a port other than 1688",
        "Nothing to do if the host was set so (slmgr /sprt); the firewalls must let that port in.",
    ),
}  # fmt: skip
"""Every fault there is. A test holds that none is missing here or in docs/how-to/microsoft-check.md."""
