"""Who asks a server: the address of a peer, what it is counted under, and the networks that may ask."""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_network,
)
from typing import TYPE_CHECKING, Final, TypeAlias

from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Network: TypeAlias = IPv4Network | IPv6Network

_MAPPED: Final = "::ffff:"
_MAPPED_BITS: Final = 96
"""An IPv4 network stands behind so many bits of an IPv6 one (RFC 4291, section 2.5.5.2)."""


def address_of(client: str) -> str:
    """The address in `192.0.2.7:5000` or `[2001:db8::7]:5000`, without port and zone.

    An IPv4 address that came to an IPv6 socket (`::ffff:192.0.2.7`) is the IPv4 address.
    """
    address = (client.rpartition(":")[0] or client).strip("[]")
    if address.startswith(_MAPPED) and "." in address:
        return address[len(_MAPPED) :]
    return address.partition("%")[0]


def is_loopback(address: str) -> bool:
    """Whether the address, as `address_of` gives it, is this machine's own."""
    return address.startswith("127.") or address == "::1"


def counted_as(address: str) -> str:
    """What an address is counted under: itself, or the /64 of an IPv6 address, which one customer has to himself."""
    if ":" not in address:
        return address
    try:
        return f"{int(IPv6Address(address)) >> 64:x}::/64"
    except AddressValueError:
        return address


def parse_network(text: str) -> Network:
    """The network in CIDR form, or a single address; an IPv4-mapped IPv6 network is the IPv4 network.

    Raises:
        UsageError: code `invalid_argument`.
    """
    network = _network(text)
    if network is None:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{text[:80]!r} is no network.{_meant(text)}",
            "Write it as 10.20.0.0/16 or fd00:20::/32, or name one address.",
        )
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is not None and network.prefixlen >= _MAPPED_BITS:
        return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _network(text: str, *, strict: bool = True) -> Network | None:
    """The network as it is written, None when it is none; not `strict`: whatever stands beyond its prefix."""
    if "%" in text:
        # A zone (RFC 4007), such as %eth0, may hold anything; Python would take it as it stands.
        return None
    try:
        return ip_network(text.strip(), strict=strict)
    except ValueError:
        return None


def _meant(text: str) -> str:
    """What somebody who wrote no network may have meant, where that can be guessed."""
    if "%" in text:
        return " A zone means nothing to another machine."
    larger = _network(text, strict=False)
    return f" It has bits beyond its prefix: {larger} was meant, perhaps." if larger is not None else ""


class AllowedNetworks:
    """The networks whose machines may ask; loopback always may. Looking up costs the same for one and a thousand."""

    def __init__(self, networks: Iterable[Network]) -> None:
        """No network: loopback alone."""
        networks = tuple(networks)
        v4 = collapse_addresses(network for network in networks if isinstance(network, IPv4Network))
        v6 = collapse_addresses(network for network in networks if isinstance(network, IPv6Network))
        self.networks: tuple[Network, ...] = (*sorted(v4), *sorted(v6))
        """In order, none inside another."""
        self._first: dict[int, list[int]] = {4: [], 6: []}
        self._last: dict[int, list[int]] = {4: [], 6: []}
        for network in self.networks:
            self._first[network.version].append(int(network.network_address))
            self._last[network.version].append(int(network.broadcast_address))

    def allows(self, address: str) -> bool:
        """Whether the address, as `address_of` gives it, may ask; what is no address may not."""
        if is_loopback(address):
            return True
        try:
            parsed = IPv6Address(address) if ":" in address else IPv4Address(address)
        except AddressValueError:
            return False
        number = int(parsed)
        place = bisect_right(self._first[parsed.version], number) - 1
        return place >= 0 and number <= self._last[parsed.version][place]
