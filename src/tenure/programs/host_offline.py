"""Activating the host of a home without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.adapters.files.pending_folder import FilePendingFolder
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.fingerprint import machine_fingerprint
from tenure.adapters.os.randomness import new_uuid
from tenure.host.carried_activation import accept_confirmation, carry_away
from tenure.programs.host import open_store
from tenure.programs.parcels import confirmations_in, deliver

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.host.carried_activation import CarriedAway, Confirmed
    from tenure.programs.parcels import Delivered
    from tenure.wire.parcel import Form


def request(
    home: Home, *, publisher_id: UUID | None, out: Path | None, form: Form | None
) -> tuple[CarriedAway, Delivered]:
    """The host's request is in the file, or in what is to be shown; the home keeps it, to know its answer."""
    with open_store(home) as store:
        away = carry_away(
            publisher_id,
            store=store,
            keys=HostKeyFolder(home.host),
            folder=FilePendingFolder(home.host / "pending"),
            fingerprint_of=lambda publisher: machine_fingerprint(home.host, publisher),
            new_uuid=new_uuid,
            clock=system_clock,
        )
    return away, deliver(away.parcel, out, form)


def confirm(home: Home, data: bytes, *, publisher_id: UUID | None) -> list[Confirmed]:
    """The host is activated by the confirmation that was carried here in any of its forms, or by its part of one publisher."""
    parcel = confirmations_in(data)
    with open_store(home) as store:
        return accept_confirmation(
            parcel,
            store=store,
            keys=HostKeyFolder(home.host),
            folder=FilePendingFolder(home.host / "pending"),
            clock=system_clock,
            publisher_id=publisher_id,
        )
