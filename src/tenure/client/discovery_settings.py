"""Where a machine looks for its activation hosts in the DNS, and whether it remembers the one that answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenure.client.state import Machine
from tenure.core.dns_name import parse_dns_name
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.client.state import ClientState, ClientStore
    from tenure.core.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryChange:
    """What is to be set; None: it stays as it is."""

    domain: str | None = None
    """As `parse_domain` gives it; empty: the machine's own."""
    label: str | None = None
    """As `wire.srv_label.parse_label` gives it."""
    dns_server: str | None = None
    """An IP address with a port; empty: the machine's own server."""
    host_caching: bool | None = None


def parse_domain(typed: str) -> str:
    """The domain that was typed, in lower case, without a final dot; other letters come in their xn-- form.

    Raises:
        UsageError: code `invalid_argument`; says what to write.
    """
    domain = parse_dns_name(typed, what="DNS domain", example="corp.example")
    if domain.startswith("_"):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{domain!r} is no DNS domain: it begins with the label of a record.",
            "Write the domain alone, as in corp.example.",
        )
    return domain


def change_discovery(
    wanted: DiscoveryChange, *, store: ClientStore, clock: Clock, new_uuid: Callable[[], UUID]
) -> Machine:
    """The machine looks for hosts as wanted from now on; what changes forgets the host that answered last.

    Raises:
        LocalFault: the store cannot be written.
    """
    now = clock()
    machines: list[Machine] = []

    def change(state: ClientState) -> ClientState:
        before = state.machine or Machine(machine_id=new_uuid())
        after = replace(
            before,
            lookup_domain=before.lookup_domain if wanted.domain is None else wanted.domain,
            srv_label=wanted.label or before.srv_label,
            dns_server=before.dns_server if wanted.dns_server is None else wanted.dns_server,
            host_caching=before.host_caching if wanted.host_caching is None else wanted.host_caching,
        )
        machines.append(after if after == before else replace(after, found_host=None))
        return state.with_machine(machines[-1]).at(now)

    store.update(change)
    return machines[-1]
