"""Which records a host publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenure.core.errors import UsageError
from tenure.host.dns_options import DnsOptions
from tenure.host.dns_plan import DnsPlan, DnsRecord, make_plan

if TYPE_CHECKING:
    from collections.abc import Callable


def never() -> str:
    """What must not be asked."""
    raise AssertionError


def plan(
    *zones: str, name: Callable[[], str] = never, address: Callable[[], str] = never, **said: Any
) -> DnsPlan:
    """The plan of a host that listens on port 1689."""
    return make_plan(
        DnsOptions(zones=zones, **said),
        own_name=name,
        own_address=address,
        listening_port=1689,
    )


def lines(of: DnsPlan, zone: str) -> list[str]:
    """The records of a zone, as a zone file has them."""
    return [record.line for record in of.records(zone)]


def test_the_defaults_are_microsofts_and_this_machines() -> None:
    """Priority 0, weight 0, an hour, this machine's name and the port on which the host listens."""
    made = plan("corp.test", name=lambda: "Host1.Corp.Test")
    assert lines(made, "corp.test") == ["_tenure._tcp.corp.test. 3600 IN SRV 0 0 1689 host1.corp.test."]


def test_everything_can_be_said() -> None:
    """And nobody is asked then."""
    made = plan(
        "corp.test", target="h.other.test", port=1, priority=2, weight=3, ttl=0, label="_x", own_address=False
    )
    assert lines(made, "corp.test") == ["_x._tcp.corp.test. 0 IN SRV 2 3 1 h.other.test."]


def test_addresses_stand_in_the_zone_that_the_target_lies_in() -> None:
    """In the smallest one: a larger one only delegates to it. IPv6 has its own type."""
    made = plan(
        "corp.test",
        "lab.corp.test",
        "else.test",
        target="h.lab.corp.test",
        addresses=("10.0.0.5", "fd00::5"),
    )
    assert lines(made, "lab.corp.test")[1:] == [
        "h.lab.corp.test. 3600 IN A 10.0.0.5",
        "h.lab.corp.test. 3600 IN AAAA fd00::5",
    ]
    for zone in ("corp.test", "else.test"):
        assert [record.type for record in made.records(zone)] == ["SRV"]


def test_the_own_address_is_asked_for_each_time() -> None:
    """A host that DHCP moved publishes its new one."""
    made = plan("corp.test", target="h.corp.test", own_address=True, address=lambda: "10.0.0.9")
    assert made.addresses == ("10.0.0.9",)


@pytest.mark.parametrize(
    ("zones", "said", "told"),
    [
        pytest.param((), {"target": "h.corp.test"}, "No zone is named", id="no zone"),
        pytest.param(
            ("corp.test",),
            {"target": "h.other.test", "addresses": ("10.0.0.5",)},
            "lies in none of the zones",
            id="addresses of a target elsewhere",
        ),
        pytest.param(
            ("corp.test",),
            {"target": "h.corp.test", "own_address": True, "address": lambda: "127.0.0.1"},
            "No other machine reaches this host under 127.0.0.1",
            id="the DNS server is this machine",
        ),
        pytest.param(("corp.test",), {"name": lambda: "host 1"}, "no name of a host", id="a strange name"),
    ],
)
def test_what_makes_no_sense_is_refused(zones: tuple[str, ...], said: dict[str, Any], told: str) -> None:
    """With what to do."""
    with pytest.raises(UsageError, match=told) as refused:
        plan(*zones, **said)
    assert refused.value.cure


def test_a_time_to_live_makes_no_other_record() -> None:
    """To the DNS a record is its name, type and data (RFC 2181, section 5)."""
    one = DnsRecord("h.test", "A", "10.0.0.5", 60)
    assert one.same(DnsRecord("h.test", "A", "10.0.0.5", 90))
    assert not one.same(DnsRecord("h.test", "A", "10.0.0.6", 60))
