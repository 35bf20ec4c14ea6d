"""What ends an installation's license on purpose: rearm, and removing a key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.client.state import ClientState, ClientStore
    from tenure.core.clock import Clock

NO_KEY: Final = "0xC004F014"
"""What Microsoft's clients say where no product key is installed (kms-facts, section 9)."""


@dataclass(frozen=True, slots=True)
class Rearmed:
    """What `rearm` did."""

    machine_id: UUID
    """The new one."""
    leases_dropped: int
    """Leases and grants."""


@dataclass(frozen=True, slots=True)
class RemovedKey:
    """What `remove_key` removed."""

    product_id: UUID
    product: str
    """Its name, or its id where no catalog is known."""
    partial_key: str
    had_lease: bool
    had_grant: bool


def rearm(*, store: ClientStore, clock: Clock, new_uuid: Callable[[], UUID]) -> Rearmed:
    """The machine has a new id and neither lease nor grant, as a fresh copy of an image must; keys, catalogs and hosts stay.

    Neither the time at which a key was first installed nor the highest time seen is renewed, so that a machine which
    was never activated wins no day by it (design, section 3).

    Raises:
        UsageError: code `not_set_up`, when nothing was ever installed here.
        LocalFault: the store cannot be written.
    """
    now = clock()
    done: list[Rearmed] = []

    def change(state: ClientState) -> ClientState:
        if state.machine is None:
            raise UsageError(
                Code.NOT_SET_UP,
                "Nothing is installed on this machine, so it has no id to renew.",
                "An image needs no rearm before its first key: tenure client install-key KEY --catalog FILE.",
                NO_KEY,
            )
        done.append(Rearmed(new_uuid(), len(state.leases) + len(state.grants)))
        # No fingerprint goes with the new id yet, so the machine's own does at the next contact.
        machine = replace(state.machine, machine_id=done[-1].machine_id, fingerprints={})
        return state.without_activations().with_machine(machine).at(now)

    store.update(change)
    return done[-1]


def remove_key(product_id: UUID | None, *, store: ClientStore, clock: Clock) -> RemovedKey:
    """The product has no key, lease or grant here; None: the only product that has a key.

    When its first key was installed is remembered: the same product's next key begins no new grace.

    Raises:
        UsageError: code `not_set_up`, when no such key is installed; `invalid_argument`, when several are and none is
            named.
        LocalFault: the store cannot be written.
    """
    now = clock()
    removed: list[RemovedKey] = []

    def change(state: ClientState) -> ClientState:
        chosen = _only_product(state) if product_id is None else product_id
        product = state.products.get(chosen)
        if product is None or state.machine is None:
            raise _no_key(f"No key is installed for product {chosen}.")
        definition = state.definition(chosen)
        name = definition.name if definition else str(chosen)
        removed.append(
            RemovedKey(chosen, name, product.partial_key, chosen in state.leases, chosen in state.grants)
        )
        first = {**state.machine.keys_removed, chosen: product.key_installed_at}
        return state.without_product(chosen).with_machine(replace(state.machine, keys_removed=first)).at(now)

    store.update(change)
    return removed[-1]


def _only_product(state: ClientState) -> UUID:
    installed = state.installed
    if not installed:
        raise _no_key("No product key is installed on this machine.")
    if len(installed) > 1:
        listed = ", ".join(str(product.product_id) for product in installed)
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"This machine has the keys of {len(installed)} products: {listed}.",
            "Name the one to remove: tenure client remove-key --product ID.",
        )
    return installed[0].product_id


def _no_key(detail: str) -> UsageError:
    return UsageError(
        Code.NOT_SET_UP, detail, "Installed keys are listed by: tenure client status --json.", NO_KEY
    )
