"""Who asks: addresses as they are written, counted and allowed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, UsageError
from tenure.core.peers import AllowedNetworks, address_of, counted_as, is_loopback, parse_network


@pytest.mark.parametrize(
    ("client", "address"),
    [
        ("192.0.2.7:5000", "192.0.2.7"),
        ("[2001:db8::7]:5000", "2001:db8::7"),
        ("[::ffff:192.0.2.7]:5000", "192.0.2.7"),
        ("[fe80::7%3]:5000", "fe80::7"),
        ("[::1]:5000", "::1"),
        ("[::ffff:127.0.0.1]:5000", "127.0.0.1"),
        ("192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
    ids=["v4", "v6", "v4-in-v6", "v6-with-a-zone", "loopback", "loopback-in-v6", "no-port", "nothing"],
)
def test_an_address_is_a_peer_without_its_port(client: str, address: str) -> None:
    """One machine has one address, whichever socket it came to."""
    assert address_of(client) == address


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("128.0.0.1", False),
        ("12.7.0.1", False),
        ("::2", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(address: str, *, loopback: bool) -> None:
    """All of 127.0.0.0/8, and ::1."""
    assert is_loopback(address) is loopback


@given(st.ip_addresses())
def test_loopback_is_what_the_standard_library_says(address: IPv4Address | IPv6Address) -> None:
    """For every address there is."""
    told = address_of(f"[{address}]:1" if address.version == 6 else f"{address}:1")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    assert is_loopback(told) is (mapped or address).is_loopback


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("nonsense:", "nonsense:", True),
    ],
    ids=["one-/64", "two-/64s", "two-v4-addresses", "no-address"],
)
def test_an_ipv6_address_counts_with_its_64(one: str, other: str, *, same: bool) -> None:
    """Whoever has one address of a /64 has all of them."""
    assert (counted_as(one) == counted_as(other)) is same


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.20.0.0/16", "10.20.0.0/16"),
        (" 10.20.0.0/16 ", "10.20.0.0/16"),
        ("10.20.0.0/255.255.0.0", "10.20.0.0/16"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::1", "::1/128"),
        ("::ffff:10.20.0.0/112", "10.20.0.0/16"),
        ("::/0", "::/0"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_networks_are_written_in_cidr_form(text: str, network: str) -> None:
    """An address is a network of one; an IPv4 network in IPv6's clothes is the IPv4 network."""
    assert parse_network(text) == ip_network(network)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10.20.1.0/16", "10.20.0.0/16 was meant, perhaps"),
        ("10.20.0.0/33", "is no network"),
        ("10.20", "is no network"),
        ("any", "is no network"),
        ("", "is no network"),
        ("fe80::1%eth0", "A zone means nothing to another machine"),
        ("fe80::%eth0/64", "A zone means nothing to another machine"),
        ("x" * 10_000, "is no network"),
        ("\x1b[31m", "is no network"),
    ],
)
def test_what_is_no_network_is_named(text: str, told: str) -> None:
    """With what may have been meant, where that can be guessed: never a larger network than was written."""
    with pytest.raises(UsageError) as caught:
        parse_network(text)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert told in caught.value.detail
    assert len(caught.value.detail) < 300
    assert caught.value.detail.isprintable()


def allowed(*networks: str) -> AllowedNetworks:
    """These networks."""
    return AllowedNetworks(map(parse_network, networks))


@pytest.mark.parametrize(
    ("address", "allows"),
    [
        ("10.19.255.255", False),
        ("10.20.0.0", True),
        ("10.20.255.255", True),
        ("10.21.0.0", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("0.0.0.1", False),
        ("255.255.255.255", False),
        ("127.0.0.1", True),
        ("::1", True),
        ("", False),
        ("unix", False),
        ("10.20.0.0.1", False),
    ],
)
def test_a_network_is_allowed_from_its_first_address_to_its_last(address: str, *, allows: bool) -> None:
    """And loopback always, and what is no address never."""
    assert allowed("10.20.0.0/16", "192.0.2.0/24", "2001:db8::/32").allows(address) is allows


def test_no_network_is_loopback_alone() -> None:
    """Nobody else."""
    assert allowed().allows("127.0.0.1")
    assert not allowed().allows("10.0.0.1")


def test_networks_are_told_in_order_and_once() -> None:
    """Two halves become a whole, and one inside another disappears."""
    told = allowed("2001:db8::/32", "10.128.0.0/9", "10.0.0.0/9", "10.7.0.0/16", "::ffff:9.0.0.0/104")
    assert [str(network) for network in told.networks] == ["9.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"]


@given(
    st.lists(
        st.tuples(st.ip_addresses(v=4), st.integers(0, 32)).map(
            lambda pair: IPv4Network((int(pair[0]), pair[1]), strict=False)
        ),
        max_size=30,
    ),
    st.ip_addresses(v=4),
)
def test_the_quick_look_up_agrees_with_the_slow_one(
    networks: list[IPv4Network], address: IPv4Address
) -> None:
    """Whatever the networks are and however they overlap."""
    slow = address.is_loopback or any(address in network for network in networks)
    assert AllowedNetworks(networks).allows(str(address)) is slow
