"""The seats of a host key: 6 hosts, 10 activations each, repeats free; and the places of a MAK or a retail key."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import pytest

from tenure.core.enrolment import (
    ACTIVATIONS_PER_HOST,
    HOSTS_PER_KEY,
    HostSeat,
    Installation,
    take_installation,
    take_seat,
)
from tenure.core.errors import Code, Refused
from tenure.core.product_key import KeyType

HOST: Final = UUID(int=1)
SEAT: Final = HostSeat(HOST, "kid", "fingerprint", 1)


def seats(how_many: int, activations: int = 1) -> list[HostSeat]:
    """So many hosts on a key; `HOST` is the first of them."""
    return [HostSeat(UUID(int=n), "kid", "fingerprint", activations) for n in range(1, how_many + 1)]


def test_a_key_has_6_hosts_and_a_host_10_activations() -> None:
    """The numbers that administrators know (design, section 3)."""
    assert (HOSTS_PER_KEY, ACTIVATIONS_PER_HOST) == (6, 10)


@pytest.mark.parametrize("taken", [0, 1, 5], ids=["first", "second", "sixth"])
def test_a_new_host_takes_a_seat(taken: int) -> None:
    """Up to the sixth, a host that the key has not seen is counted once."""
    new = UUID(int=99)
    assert take_seat(seats(taken), new, "its kid", "its fingerprint") == HostSeat(
        new, "its kid", "its fingerprint", 1
    )


@pytest.mark.parametrize("taken", [6, 7], ids=["seventh", "eighth"])
def test_a_seventh_host_is_refused(taken: int) -> None:
    """Six are allowed: the refusal names both numbers and is 0xC004C008."""
    with pytest.raises(Refused) as caught:
        take_seat(seats(taken), UUID(int=99), "kid", "fingerprint")
    assert (caught.value.code, caught.value.hresult) == (Code.KEY_LIMIT, "0xC004C008")
    assert f"has activated {taken} hosts; 6 are allowed" in caught.value.detail


@pytest.mark.parametrize("activations", [1, 9, 10], ids=str)
def test_a_repeat_is_free(activations: int) -> None:
    """The same host, key and fingerprint count nothing, on a full key and at the tenth activation too."""
    full = seats(6, activations)
    assert take_seat(full, HOST, "kid", "fingerprint") is full[0]


@pytest.mark.parametrize(
    ("kid", "fingerprint"),
    [("new kid", "fingerprint"), ("kid", "new fingerprint"), ("new kid", "new fingerprint")],
    ids=["another host key", "another machine", "both"],
)
def test_a_changed_host_is_one_activation_more(kid: str, fingerprint: str) -> None:
    """One thing or two that differ from the last certificate count once, and are what the next is compared with."""
    changed = take_seat([SEAT], HOST, kid, fingerprint)
    assert changed == HostSeat(HOST, kid, fingerprint, 2)
    assert take_seat([changed], HOST, kid, fingerprint) is changed
    assert take_seat([changed], HOST, "kid", "fingerprint").activations == 3


def test_the_tenth_activation_is_the_last() -> None:
    """A ninth becomes the tenth; an eleventh is refused with both numbers, whoever else has seats."""
    assert take_seat(seats(6, 9), HOST, "new kid", "fingerprint").activations == 10
    with pytest.raises(Refused) as caught:
        take_seat(seats(6, 10), HOST, "new kid", "fingerprint")
    assert (caught.value.code, caught.value.hresult) == (Code.KEY_LIMIT, "0xC004C008")
    assert "activated 10 times; 10 are allowed" in caught.value.detail


MACHINE: Final = UUID(int=2)


@pytest.mark.parametrize(
    ("type_", "used", "limit"),
    [(KeyType.MAK, 0, 3), (KeyType.MAK, 2, 3), (KeyType.RETAIL, 0, 1)],
    ids=["the first of three", "the last of three", "the only one"],
)
def test_a_new_installation_takes_a_place(type_: KeyType, used: int, limit: int) -> None:
    """As long as one is free."""
    taken = take_installation(None, MACHINE, "fingerprint", used=used, limit=limit, type_=type_)
    assert taken == Installation(MACHINE, "fingerprint")


@pytest.mark.parametrize("used", [1, 3, 4], ids=["some left", "none left", "more than allowed"])
def test_the_same_installation_again_is_free(used: int) -> None:
    """Also with a new machine id, which takes the old one's place, and on a key that is used up."""
    known = Installation(MACHINE, "fingerprint")
    again = take_installation(known, UUID(int=3), "fingerprint", used=used, limit=3, type_=KeyType.MAK)
    assert again == Installation(UUID(int=3), "fingerprint")


@pytest.mark.parametrize(
    ("type_", "limit", "hresult"),
    [(KeyType.MAK, 3, "0xC004C020"), (KeyType.RETAIL, 1, "0xC004C008")],
    ids=["mak", "retail"],
)
def test_a_key_that_is_used_up_takes_nobody(type_: KeyType, limit: int, hresult: str) -> None:
    """The refusal names both numbers and has the HRESULT of the key's type."""
    with pytest.raises(Refused) as caught:
        take_installation(None, MACHINE, "fingerprint", used=limit, limit=limit, type_=type_)
    assert (caught.value.code, caught.value.hresult) == (Code.KEY_LIMIT, hresult)
    assert f"has activated {limit} machines; {limit} are allowed" in caught.value.detail
