"""A machine's id and keys: what `rearm` and `remove-key` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.randomness import new_uuid
from tenure.client import lifecycle

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.adapters.os.home import Home

    Warn = Callable[[str], None]
    """Hears what an administrator should know although the command goes on."""


def rearm(home: Home, *, warn: Warn) -> lifecycle.Rearmed:
    """The machine in this home has a new id and no lease."""
    store = FileClientStore(home.client)
    done = lifecycle.rearm(store=store, clock=system_clock, new_uuid=new_uuid)
    _tell_damage(store, warn)
    return done


def remove_key(home: Home, *, product: str | None, warn: Warn) -> lifecycle.RemovedKey:
    """The product, named by its id or exact name, or the only one, has no key and no lease in this home."""
    store = FileClientStore(home.client)
    product_id = None if product is None else store.load().find(product)
    removed = lifecycle.remove_key(product_id, store=store, clock=system_clock)
    _tell_damage(store, warn)
    return removed


def _tell_damage(store: FileClientStore, warn: Warn) -> None:
    for damage in store.damaged:
        warn(str(damage))
