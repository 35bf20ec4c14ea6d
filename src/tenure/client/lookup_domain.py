"""The DNS domain in which a machine looks for its activation hosts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tenure.client.host_address import parse_host
from tenure.client.state import Machine
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.client.state import ClientState, ClientStore
    from tenure.core.clock import Clock


def parse_domain(typed: str) -> str:
    """The domain that was typed, in lower case, without a final dot.

    Raises:
        UsageError: code `invalid_argument`; says what to write.
    """
    text = typed.strip()
    if re.search(r"[:/\[\]]", text) or re.fullmatch(r"[0-9.]+", text) or text.startswith("_"):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{text[:100]!r} is no DNS domain.",
            "Write the domain alone, as in corp.example: no port, no address, no label of a record.",
        )
    return parse_host(text).name


def set_lookup_domain(domain: str, *, store: ClientStore, clock: Clock, new_uuid: Callable[[], UUID]) -> None:
    """Hosts are to be looked for in this domain, as `parse_domain` gives it; empty: in the machine's own.

    Raises:
        LocalFault: the store cannot be written.
    """
    now = clock()

    def change(state: ClientState) -> ClientState:
        machine = state.machine or Machine(machine_id=new_uuid())
        return state.with_machine(replace(machine, lookup_domain=domain)).at(now)

    store.update(change)
