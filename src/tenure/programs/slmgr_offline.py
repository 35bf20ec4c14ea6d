"""What `slmgr /dti` and `/atp` do: requests of a machine or a host that are carried, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.programs import client_offline
from tenure.programs.parcels import confirmations_in
from tenure.programs.slmgr import Activation, activation_of_attempt
from tenure.programs.slmgr_licenses import (
    find_product,
    has_host,
    load_state,
    needing_servers,
    publisher_meant,
)
from tenure.wire.parcel import Form

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home
    from tenure.programs.client import Warn


@dataclass(frozen=True, slots=True)
class InstallationId:
    """What `/dti` tells."""

    names: tuple[str, ...]
    """The products that it is for, or the publisher of a host."""
    text: str
    """The request as a text block."""


def installation_id(home: Home, wanted: str | None, *, warn: Warn) -> InstallationId:
    """A request for what is `wanted`; else for the machine's MAK and retail products; else for the host's certificate.

    Raises:
        UsageError: nothing of that name, or nothing here that a publisher activates.
    """
    state = load_state(home, warn)
    on_machine = wanted is not None or any(product.key_type.secret for product in state.products.values())
    if has_host(home):
        with needing_servers():
            from tenure.programs import slmgr_host  # noqa: PLC0415 - a client is installed without it
        host, _ = slmgr_host.licenses(home)
        publisher_id = publisher_meant(host, wanted)
        if publisher_id is not None or not on_machine:
            publisher, text = slmgr_host.installation_id(home, publisher_id)
            return InstallationId((publisher,), text)
    product = None if wanted is None else str(find_product(state, wanted))
    away, delivered = client_offline.request(home, product=product, out=None, form=Form.TEXT, warn=warn)
    return InstallationId(away.products, delivered.shown or "")


def deposit(home: Home, data: bytes, wanted: str | None, *, warn: Warn) -> list[Activation]:
    """What a confirmation did to what is `wanted`; else to all that it is for, on this machine or its host.

    Raises:
        UsageError: nothing of that name; or it is no confirmation.
        Untrusted: it is damaged, or for nothing here.
        Refused: a host's request was refused, or is too old.
    """
    state = load_state(home, warn)
    parcel = confirmations_in(data)
    to_machine = parcel.grants or any(one.audience in state.products for one in parcel.refusals)
    if to_machine or not has_host(home):
        product = None if wanted is None else str(find_product(state, wanted))
        attempts = client_offline.confirm(home, data, product=product, warn=warn)
        return [activation_of_attempt(state, attempt) for attempt in attempts]
    with needing_servers():
        from tenure.programs import slmgr_host  # noqa: PLC0415 - a client is installed without it
    host, _ = slmgr_host.licenses(home)
    publisher_id = publisher_meant(host, wanted)
    if wanted is not None and publisher_id is None:
        find_product(state, wanted)
    names = {publisher: name for publisher, name, _ in host.publishers}
    return [
        Activation(name=names[publisher], activation_id=publisher, expires=expires, error=None)
        for publisher, expires in slmgr_host.deposit(home, data, publisher_id)
    ]
