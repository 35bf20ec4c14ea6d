"""How much a host lets its network ask of it. Generous: a site of thousands behind one address boots unhindered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, UsageError
from tenure.core.pacing import Pace
from tenure.host.settings import stored_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.host.store import HostStore

MOST: Final = 1_000_000
"""A second, an hour or at once: beyond what any host does, so it is the same as no limit."""
_PREFIX: Final = "limit_"
"""What the names in the store begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one address may do, and all together. Loopback is exempt; so is nothing else."""

    address_rate: int = 200
    """Requests a second of one address."""
    address_burst: int = 5_000
    """Requests of one address at once, before its rate counts."""
    total_rate: int = 5_000
    """Requests a second of all addresses: about what a good machine commits."""
    total_burst: int = 20_000
    new_machines: int = 20_000
    """Machines that one address may bring into the inventory in an hour."""
    connections: int = 5_000
    """Connections that one address may hold."""

    @property
    def address_pace(self) -> Pace:
        """One address's."""
        return Pace(self.address_rate, self.address_burst)

    @property
    def total_pace(self) -> Pace:
        """Everybody's."""
        return Pace(self.total_rate, self.total_burst)


def read_limits(stored: Mapping[str, str]) -> Limits:
    """The limits in a host's settings; what cannot be used counts as not set."""
    found = {name: stored_number(stored, _PREFIX + name, (1, MOST)) for name in asdict(Limits())}
    return Limits(**{name: value for name, value in found.items() if value is not None})


def set_limits(given: Mapping[str, int], *, store: HostStore) -> Limits:
    """The limits named in `given` hold from now on, the others stay as they are; all of them, then.

    Raises:
        UsageError: code `invalid_argument`, when one is out of bounds; nothing is stored then.
    """
    for name, value in given.items():
        if not 1 <= value <= MOST:
            raise UsageError(
                Code.INVALID_ARGUMENT, f"{name.replace('_', '-')} is 1 to {MOST:,}; {value:,} was given."
            )
    for name, value in given.items():
        store.save_setting(_PREFIX + name, str(value))
    return read_limits(store.settings())
