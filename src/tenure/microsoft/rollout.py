"""What a rollout is: which machines get which generic key, and the administrator's own KMS host or DNS domain.

There is no default host, and no edition is converted: each script first asks the machine what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tenure.core.dns_name import LONGEST, is_dns_name
from tenure.core.errors import Code, Refused, UsageError
from tenure.microsoft.keys_csv import rows
from tenure.microsoft.products import LOOKUP_DOMAIN_BUILD, EditionMatcher, WindowsGuard, guard_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenure.microsoft.keys import GenericKey, KeyTable
    from tenure.microsoft.products import Guard

DEFAULT_PORT: Final = 1688
AGREEMENT: Final = (
    "Volume activation needs a volume license agreement with Microsoft that covers these machines, and your own "
    "activated KMS host. A generic key grants no license by itself."
)

_MAX_LABEL: Final = 63
_MAX_PORT: Final = 65_535
_RESERVED: Final = frozenset({"all", "ungrouped", "localhost"})
"""Names that Ansible gives a meaning of its own."""


@dataclass(frozen=True, slots=True)
class HostTarget:
    """Clients ask this KMS host and no other."""

    name: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class DomainTarget:
    """Clients look up `_vlmcs._tcp` in this DNS domain."""

    domain: str

    def __str__(self) -> str:
        return f"_vlmcs._tcp.{self.domain}"


Target = HostTarget | DomainTarget


@dataclass(frozen=True, slots=True)
class Machine:
    """One line of the administrator's list, as it was written."""

    line: int
    name: str
    product: str
    edition: str


@dataclass(frozen=True, slots=True)
class RefusedMachine:
    """A line that no script will touch, and why."""

    machine: Machine
    reason: str
    cure: str


@dataclass(slots=True)
class EditionPlan:
    """One edition, its key, and the machines of the list that are of it."""

    rows: tuple[GenericKey, ...]
    guard: Guard
    slug: str
    """Its files' name: lower-case letters, digits and hyphens."""
    machines: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Its name; several names where one key covers them."""
        return " or ".join(row.label for row in self.rows)

    @property
    def key(self) -> str:
        """The generic key."""
        return self.rows[0].key

    @property
    def partial(self) -> str:
        """The key's last five characters, by which Windows tells that it is installed."""
        return self.rows[0].partial


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole rollout."""

    target: Target
    editions: tuple[EditionPlan, ...]
    refused: tuple[RefusedMachine, ...]
    table_as_of: str | None


def parse_host(text: str) -> HostTarget:
    """The KMS host `NAME` or `NAME:PORT`.

    Raises:
        UsageError: code `invalid_argument`: no DNS name or IPv4 address, or no port. slmgr.vbs parses no IPv6 address.
    """
    name, colon, port = text.strip().rpartition(":")
    if not colon:
        name, port = text.strip(), str(DEFAULT_PORT)
    if ":" in name:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{text[:100]!r} looks like an IPv6 address, which slmgr.vbs cannot take.",
            "Name the host, and give the name an AAAA record.",
        )
    if not port.isascii() or not port.isdecimal() or not 0 < int(port[:6]) <= _MAX_PORT:
        raise UsageError(Code.INVALID_ARGUMENT, f"{port[:20]!r} is no TCP port.", "A port is 1 to 65535.")
    if name.lower() == "auto":
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "slmgr.vbs knows no host 'auto': it would look for a machine of that name.",
            "Give --domain DOMAIN: clients then find the host by its SRV record.",
        )
    return HostTarget(_dns_name(name, "host"), int(port))


def parse_domain(text: str) -> DomainTarget:
    """The DNS domain in which `_vlmcs._tcp` is looked up.

    Raises:
        UsageError: code `invalid_argument`: no DNS name.
    """
    return DomainTarget(_dns_name(text.strip().rstrip(".").removeprefix("_vlmcs._tcp."), "domain"))


def parse_machines(text: str, *, what: str) -> Iterator[Machine]:
    """The machines of a CSV with the columns name and product, and perhaps edition.

    Raises:
        UsageError: code `invalid_argument`: it is no such CSV.
    """
    for line, row in rows(text, required=("name", "product"), what=what):
        yield Machine(line, row["name"], row["product"], row.get("edition", ""))


def make_plan(machines: Iterable[Machine], *, table: KeyTable, target: Target) -> Plan:
    """Each machine with the key of its edition, or refused with the reason. The order is that of the list.

    A machine of line 0 may have no name: it stands for its edition alone, which makes scripts and no entry in an inventory.
    """
    matcher = EditionMatcher(table)
    editions: dict[tuple[GenericKey, ...], EditionPlan] = {}
    refused = []
    windows_of: dict[str, EditionPlan] = {}
    listed: set[tuple[str, str]] = set()
    for machine in machines:
        try:
            name = check_machine_name(machine.name) if machine.name or machine.line else ""
            matched = matcher.match(machine.product, machine.edition)
            plan = editions.get(matched) or _new_plan(
                matched, target, [one.slug for one in editions.values()]
            )
            if isinstance(plan.guard, WindowsGuard) and name:
                _refuse_second_edition(name, windows_of.setdefault(name.lower(), plan), plan)
        except (UsageError, Refused) as error:
            refused.append(RefusedMachine(machine, error.detail, error.cure))
            continue
        editions[matched] = plan
        if name and (name.lower(), plan.slug) not in listed:
            listed.add((name.lower(), plan.slug))
            plan.machines.append(name)
    return Plan(target, tuple(editions.values()), tuple(refused), table.as_of)


def check_machine_name(name: str) -> str:
    """The name, when Windows would let a computer have it: letters, digits, hyphens, underscores, dots between labels.

    Raises:
        UsageError: code `invalid_argument`; the name is shown escaped, since lists are not always friendly.
    """
    labels = name.split(".")
    fit = all(
        0 < len(label) <= _MAX_LABEL
        and all(c.isalnum() or c in "-_" for c in label)
        and not label.startswith("-")
        for label in labels
    )
    # In bytes, as DNS counts; it also keeps a YAML key under the 1,024 characters that it may have.
    if not fit or len(name.encode()) > LONGEST or name.lower() in _RESERVED:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{name[:60]!a} is no name of a Windows machine.",
            "A name has letters, digits, hyphens and underscores, with dots between the parts of a DNS name.",
        )
    return name


def _dns_name(text: str, what: str) -> str:
    if not is_dns_name(text):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{text[:100]!a} is no DNS name of a {what}.",
            f"Give your own {what}, such as kms01.example.com." if what == "host" else "Such as example.com.",
        )
    return text


def _new_plan(matched: tuple[GenericKey, ...], target: Target, slugs: list[str]) -> EditionPlan:
    row = matched[0]
    guards = [guard_of(one) for one in matched]
    guard = guards[0]
    if guard is None:
        raise Refused(
            Code.PRODUCT_UNKNOWN,
            f"How a machine tells that it is {row.label} is not known here, and no edition is converted by accident.",
            f"See the key: tenure microsoft keys {row.label}.",
        )
    if isinstance(guard, WindowsGuard):
        same = [one for one in guards if isinstance(one, WindowsGuard)]
        guard = WindowsGuard(
            guard.edition_id, min(one.first_build for one in same), max(one.last_build for one in same)
        )
        if isinstance(target, DomainTarget) and guard.last_build < LOOKUP_DOMAIN_BUILD:
            raise Refused(
                Code.INVALID_ARGUMENT,
                f"{row.label} cannot be told a DNS domain: slmgr /skms-domain came with Windows 8 and Server 2012.",
                "Give --host for it, or let it find the host in its own DNS domain.",
            )
    return EditionPlan(matched, guard, _slug(row.label, slugs))


def _slug(label: str, taken: list[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", label.lower().replace("windows server, version", "windows-server"))
    base = plain.strip("-")[:60].rstrip("-") or "edition"
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _refuse_second_edition(name: str, first: EditionPlan, second: EditionPlan) -> None:
    if first.rows != second.rows:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{name} is listed as {first.label} and as {second.label}.",
            "A machine runs one edition of Windows; keep the right line.",
        )
