"""The door of a server: who may ask, how often, and what those hear who may not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tenure.adapters.http.door import SPREAD_SECONDS, Door, DoorRules
from tenure.core.errors import Code, Refused
from tenure.core.pacing import SECOND, Pace
from tenure.core.peers import AllowedNetworks, parse_network
from tenure.core.turned_away import Reason

if TYPE_CHECKING:
    import pytest

PLENTY = Pace(1_000_000, 1_000_000)


class Clock:
    """Nanoseconds that the test sets."""

    def __init__(self) -> None:
        """It stands."""
        self.now = 0

    def __call__(self) -> int:
        """The time."""
        return self.now


def refusal(door: Door, address: str) -> Refused | None:
    """What an address hears, None when it may pass."""
    try:
        door.admit(address)
    except Refused as error:
        return error
    return None


def only(*networks: str) -> DoorRules:
    """Rules that allow these networks, and are otherwise generous."""
    return DoorRules(AllowedNetworks(map(parse_network, networks)), PLENTY, PLENTY)


def test_without_networks_everybody_may_ask() -> None:
    """The default of a host."""
    assert refusal(Door(DoorRules(None, PLENTY, PLENTY)), "203.0.113.9") is None


def test_a_network_that_is_not_allowed_is_told_so_with_the_cure() -> None:
    """The code, the address as the host sees it, and the command that allows it."""
    door = Door(only("192.0.2.0/24"))
    assert refusal(door, "192.0.2.9") is None
    error = refusal(door, "203.0.113.9")
    assert error is not None
    assert error.code is Code.NOT_ALLOWED_FROM_HERE
    assert "203.0.113.9" in error.detail
    assert "tenure host networks" in error.cure
    assert error.retry_after is None


def test_rules_are_replaced_while_it_stands_open() -> None:
    """From the next request on."""
    door = Door(only("192.0.2.0/24"))
    assert refusal(door, "203.0.113.9") is not None
    door.rules = only("203.0.113.0/24")
    assert refusal(door, "203.0.113.9") is None
    assert refusal(door, "192.0.2.9") is not None


def test_beyond_its_pace_an_address_is_told_when_to_come_back() -> None:
    """The others are not; the next second lets it in."""
    clock = Clock()
    door = Door(DoorRules(None, Pace(1, 2), PLENTY), now=clock)
    assert [refusal(door, "192.0.2.1") for _ in range(2)] == [None, None]
    error = refusal(door, "192.0.2.1")
    assert error is not None
    assert (error.code, error.retry_after) == (Code.RATE_LIMITED, 1 + 1)
    assert refusal(door, "192.0.2.2") is None
    clock.now = SECOND
    assert refusal(door, "192.0.2.1") is None


def test_a_whole_64_shares_one_pace() -> None:
    """An IPv6 machine does not escape by another address of its own network."""
    door = Door(DoorRules(None, Pace(1, 2), PLENTY), now=Clock())
    answers = [refusal(door, f"2001:db8::{number}") for number in range(3)]
    assert [answer is None for answer in answers] == [True, True, False]


def test_one_flood_does_not_use_up_what_is_everybodys() -> None:
    """A thousand requests of one address beyond its pace leave all but its own to the others."""
    door = Door(DoorRules(None, Pace(1, 2), Pace(1, 4)), now=Clock())
    for _ in range(1_000):
        refusal(door, "192.0.2.1")
    assert [refusal(door, f"192.0.2.{number}") is None for number in (2, 3, 4)] == [True, True, False]


def test_loopback_passes_always() -> None:
    """Whatever the rules are, and it uses nothing up."""
    door = Door(DoorRules(AllowedNetworks(()), Pace(1, 1), Pace(1, 1)), now=Clock())
    assert [refusal(door, address) for address in ("127.0.0.1", "::1", "127.0.0.1")] == [None] * 3


def test_those_who_were_sent_away_come_back_at_the_pace_that_was_asked() -> None:
    """Of three thousand at 100 a second no second gets more than a hundred, and nobody waits over half a minute."""
    door = Door(DoorRules(None, Pace(100, 1), PLENTY), now=Clock())
    door.admit("192.0.2.1")
    told = Counter(error.retry_after for _ in range(3_000) if (error := refusal(door, "192.0.2.1")))
    assert max(told.values()) <= 100
    assert set(told) == set(range(1, 32))


def test_a_flood_that_lasts_does_not_send_anybody_away_for_long() -> None:
    """The spread has an end; after it, it begins anew."""
    door = Door(DoorRules(None, Pace(1, 1), PLENTY), now=Clock())
    door.admit("192.0.2.1")
    told = [error.retry_after for _ in range(500) if (error := refusal(door, "192.0.2.1"))]
    assert max(filter(None, told)) <= SPREAD_SECONDS


def test_whoever_counts_hears_of_everybody_who_may_not_pass() -> None:
    """The reason and the address of each, and of nobody who may."""
    heard: list[tuple[Reason, str, int]] = []

    def turned_away(reason: Reason, address: str, *, times: int = 1) -> None:
        heard.append((reason, address, times))

    allowed = AllowedNetworks([parse_network("192.0.2.0/24")])
    door = Door(DoorRules(allowed, Pace(1, 1), Pace(1, 2)), turned_away=turned_away, now=Clock())
    for address in ("203.0.113.9", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "127.0.0.1"):
        refusal(door, address)
    assert heard == [
        (Reason.NETWORK, "203.0.113.9", 1),
        (Reason.ADDRESS_RATE, "192.0.2.1", 1),
        (Reason.TOTAL_RATE, "192.0.2.3", 1),
    ]


def test_a_flood_is_a_few_lines_of_log(caplog: pytest.LogCaptureFixture) -> None:
    """One of each kind, whatever the number of addresses."""
    door = Door(DoorRules(AllowedNetworks([parse_network("192.0.2.0/24")]), Pace(1, 1), PLENTY), now=Clock())
    for number in range(200):
        refusal(door, f"203.0.113.{number}")
        refusal(door, f"192.0.2.{number}")
        refusal(door, f"192.0.2.{number}")
    assert caplog.messages == [
        "a request from 203.0.113.0 was refused: its network is not allowed",
        "requests from 192.0.2.0 are refused: more than 1 a second",
    ]
