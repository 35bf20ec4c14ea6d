"""Answering a request that was carried here: the same rules as over the network, and nothing but them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.publisher.activation import activate_host
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.revocations import current_list
from tenure.wire.catalog import seq_of
from tenure.wire.request import request_of

if TYPE_CHECKING:
    from tenure.publisher.authority import Authority
    from tenure.wire.enrolment import HostActivated, MachineActivated
    from tenure.wire.parcel import CarriedRequest


def activate(authority: Authority, carried: CarriedRequest) -> HostActivated | MachineActivated:
    """A certificate for a host, which asks its publisher; a grant for a machine, which asks for a product.

    Raises:
        As `activate_host` and `activate_machine`.
    """
    if request_of(carried.request).audience == authority.catalogs().newest.publisher_id:
        return activate_host(authority, carried.request)
    return activate_machine(authority, carried.request)


def catalogs_after(authority: Authority, seq: int) -> tuple[str, ...]:
    """The publisher's catalogs that lead from `seq` to the newest."""
    return tuple(token for token in authority.catalogs().tokens if seq_of(token) > seq)


def revocations(authority: Authority) -> tuple[str, ...]:
    """The publisher's newest revocation list, if anything is revoked.

    An empty one would tell nobody anything, and be overdue in a week where the next is carried in years.

    Raises:
        As `current_list`.
    """
    listed = current_list(authority)
    return (listed.token,) if listed.newest.entries else ()
