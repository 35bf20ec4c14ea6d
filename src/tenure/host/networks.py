"""Which networks may ask a host: a setting of its administrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, UsageError
from tenure.core.peers import AllowedNetworks, Network, parse_network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure.host.store import HostStore

SETTING: Final = "allowed_networks"
"""CIDR networks with a space between them, or `any`."""
ANY: Final = "any"
MOST_NETWORKS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Networks:
    """Who may ask."""

    allowed: AllowedNetworks | None = None
    """None: everybody."""
    unusable: tuple[str, ...] = ()
    """What stands in the setting and is no network."""


def read_networks(stored: Mapping[str, str]) -> Networks:
    """The networks in a host's settings.

    Unlike other settings, what cannot be used does not count as not set: a damaged list opens the host to nobody.
    """
    text = stored.get(SETTING, ANY)
    if text == ANY:
        return Networks()
    usable: list[Network] = []
    unusable: list[str] = []
    for word in text.split()[:MOST_NETWORKS]:
        try:
            usable.append(parse_network(word))
        except UsageError:
            unusable.append(word[:80])
    return Networks(AllowedNetworks(usable), tuple(unusable))


def set_networks(networks: Sequence[str] | None, *, store: HostStore) -> Networks:
    """From now on only these networks, and loopback, may ask; None: everybody.

    Raises:
        UsageError: code `invalid_argument`, when one is no network, or there are too many; nothing is stored then.
    """
    if networks is None:
        store.save_setting(SETTING, ANY)
    else:
        allowed = AllowedNetworks(parse_network(text) for text in networks)
        if len(allowed.networks) > MOST_NETWORKS:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"{len(allowed.networks):,} networks were given; a host takes {MOST_NETWORKS:,}.",
                "Name larger ones.",
            )
        store.save_setting(SETTING, " ".join(map(str, allowed.networks)))
    return read_networks(store.settings())
