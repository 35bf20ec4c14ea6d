"""Activating the machine of a home without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.files.machine_key import machine_key
from tenure.adapters.files.pending_folder import FilePendingFolder
from tenure.adapters.os.clock import system_clock
from tenure.client.carried_activation import accept_confirmation, carry_away, products_to_carry
from tenure.programs.asking import own_name, surroundings_of
from tenure.programs.client import Attempt
from tenure.programs.discovery import ways
from tenure.programs.parcels import confirmations_in, deliver

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.adapters.os.home import Home
    from tenure.client.carried_activation import CarriedAway
    from tenure.programs.client import Warn
    from tenure.programs.parcels import Delivered
    from tenure.wire.parcel import Form


def request(
    home: Home, *, product: str | None, out: Path | None, form: Form | None, warn: Warn
) -> tuple[CarriedAway, Delivered]:
    """The requests of this machine are in the file, or in what is to be shown; the home keeps them.

    They are for the product that is named, or for all that have a MAK or a retail key. In a folder, the file is named
    after the machine.
    """
    store = FileClientStore(home.client)
    state = store.load()
    _tell_damage(store, warn)
    away = carry_away(
        products_to_carry(state, product),
        store=store,
        here=surroundings_of(home, ways(state.machine).dns),
        machine_key=lambda: machine_key(home.client),
        folder=_pending(home),
    )
    return away, deliver(away.parcel, out, form, name=_file_name(away))


def confirm(home: Home, data: bytes, *, product: str | None, warn: Warn) -> list[Attempt]:
    """What became of each product, or the named one, by the confirmation that was carried here in any of its forms."""
    parcel = confirmations_in(data)
    store = FileClientStore(home.client)
    state = store.load()
    _tell_damage(store, warn)
    confirmed = accept_confirmation(
        parcel,
        store=store,
        folder=_pending(home),
        clock=system_clock,
        product_id=state.find(product) if product is not None else None,
    )
    return [Attempt(one.product_id, one.outcome) for one in confirmed]


def _pending(home: Home) -> FilePendingFolder:
    return FilePendingFolder(home.client / "pending")


def _file_name(away: CarriedAway) -> str:
    """The machine's name and the beginning of its id: names alone may be the same on two machines of a lab."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in own_name())
    return f"{name}-{str(away.machine_id)[:8]}"


def _tell_damage(store: FileClientStore, warn: Warn) -> None:
    for damage in store.damaged:
        warn(str(damage))
