"""What an administrator says about publishing in the DNS."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.name_server import SettingsInMemory
from tenure.core.errors import Code, Refused, UsageError
from tenure.host.dns_options import (
    OPTIONS_SETTING,
    DnsOptions,
    check,
    checked_address,
    read_dns_options,
    save_dns_options,
)
from tenure.host.settings import read_settings

EVERYTHING = DnsOptions(
    zones=("corp.test", "lab.test"),
    server="10.0.0.2:53",
    key_file="/etc/tenure/dns.key",
    target="host1.corp.test",
    port=1700,
    priority=1,
    weight=2,
    ttl=600,
    label="_other",
    addresses=("10.0.0.5", "fd00::5"),
    own_address=False,
)


def test_options_are_taken_in_one_spelling() -> None:
    """Names in lower case without final dots, addresses in their usual form, nothing twice."""
    typed = DnsOptions(
        zones=("Corp.Test.", "corp.test"),
        target="HOST1.corp.test.",
        label="_Other",
        addresses=("FD00:0::5", "fd00::5"),
    )
    assert check(typed) == DnsOptions(
        zones=("corp.test",), target="host1.corp.test", label="_other", addresses=("fd00::5",)
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"zones": ("corp test",)}, "no zone", id="no zone"),
        pytest.param({"zones": tuple(f"z{n}.test" for n in range(33))}, "At most 32", id="33 zones"),
        pytest.param({"zones": (".".join(["a" * 60] * 4),)}, "too long", id="no room for the label"),
        pytest.param({"target": "10.0.0.5"}, "no name of a host", id="an address as target"),
        pytest.param({"target": ""}, "no name of a host", id="no target"),
        pytest.param({"port": 0}, "1 to 65,535", id="port 0"),
        pytest.param({"port": 65_536}, "1 to 65,535", id="a port too high"),
        pytest.param({"priority": -1}, "0 to 65,535", id="a priority below 0"),
        pytest.param({"weight": 65_536}, "0 to 65,535", id="a weight too high"),
        pytest.param({"ttl": 604_801}, "0 to 604,800", id="over a week"),
        pytest.param({"label": "tenure"}, "no label", id="a label without underscore"),
        pytest.param({"label": "_" + "x" * 63}, "no label", id="a label too long"),
        pytest.param({"label": "_x._tcp"}, "no label", id="two labels"),
        pytest.param({"addresses": ("host",)}, "no IP address", id="a name as address"),
        pytest.param({"addresses": tuple(f"10.0.0.{n}" for n in range(17))}, "At most", id="17 addresses"),
        pytest.param({"key_file": "/" * 5_000}, "4,096 characters", id="a path too long"),
    ],
)
def test_what_cannot_be_published_is_refused(changes: dict[str, Any], told: str) -> None:
    """The error says which value, and what it may be."""
    with pytest.raises(UsageError) as refused:
        check(DnsOptions(**changes))
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert told in refused.value.detail
    assert len(refused.value.detail) < 200


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 1},
        {"port": 65_535},
        {"priority": 0},
        {"weight": 65_535},
        {"ttl": 0},
        {"ttl": 604_800},
        {"label": "_" + "x" * 62},
    ],
    ids=str,
)
def test_the_bounds_themselves_are_taken(changes: dict[str, Any]) -> None:
    """Nothing is changed in them."""
    assert check(DnsOptions(**changes)) == DnsOptions(**changes)


@pytest.mark.parametrize("label", ["_vlmcs", "_VLMCS"])
def test_the_label_of_a_genuine_kms_host_is_refused(label: str) -> None:
    """Windows would ask this host and get no answer (ADR 0001)."""
    with pytest.raises(Refused) as refused:
        check(DnsOptions(label=label))
    assert refused.value.code is Code.FOREIGN_SERVICE


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "::", "224.0.0.1", "fe80::1"])  # noqa: S104 - it is refused
def test_an_address_that_means_another_machine_elsewhere_is_refused(address: str) -> None:
    """Whoever looked it up would ask himself, or nobody."""
    with pytest.raises(UsageError, match="No other machine reaches this host"):
        checked_address(address)


@pytest.mark.parametrize(
    ("given_now", "together"),
    [
        pytest.param(DnsOptions(), EVERYTHING, id="nothing: as saved"),
        pytest.param(
            DnsOptions(zones=("new.test",), weight=0),
            DnsOptions(
                zones=("new.test",),
                server="10.0.0.2:53",
                key_file="/etc/tenure/dns.key",
                target="host1.corp.test",
                port=1700,
                priority=1,
                weight=0,
                ttl=600,
                label="_other",
                addresses=("10.0.0.5", "fd00::5"),
                own_address=False,
            ),
            id="zones are replaced, 0 is a value",
        ),
    ],
)
def test_what_is_said_now_lies_over_what_was_saved(given_now: DnsOptions, together: DnsOptions) -> None:
    """Each option by itself."""
    assert given_now.over(EVERYTHING) == together


@pytest.mark.parametrize(
    ("said", "addresses", "own"),
    [
        pytest.param(DnsOptions(own_address=True), (), True, id="the own one instead of a list"),
        pytest.param(DnsOptions(own_address=False), (), False, id="none any more"),
        pytest.param(DnsOptions(addresses=("10.0.0.6",)), ("10.0.0.6",), None, id="another list"),
    ],
)
def test_the_two_ways_to_say_addresses_go_together(
    said: DnsOptions, addresses: tuple[str, ...], *, own: bool | None
) -> None:
    """One never mixes with what the other left."""
    together = said.over(EVERYTHING)
    assert (together.addresses, together.own_address) == (addresses, own)


@pytest.mark.parametrize("options", [DnsOptions(zones=("corp.test",)), EVERYTHING], ids=["few", "all"])
def test_what_was_saved_is_read_again(options: DnsOptions) -> None:
    """As it was, and it stands among the host's settings."""
    store = SettingsInMemory()
    save_dns_options(options, store=store)  # type: ignore[arg-type] # the one method that it calls
    assert read_dns_options(store.kept) == options
    assert read_settings(store.kept).dns_options == options


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "null",
        "[]",
        '{"port": 0}',
        '{"port": "1688"}',
        '{"zones": "corp.test"}',
        '{"zones": ["a b"]}',
        '{"label": "_vlmcs"}',
        "[" * 9999,
        "\ud800",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_what_cannot_be_used_counts_as_not_set(stored: str) -> None:
    """It never keeps a host from serving, and is named."""
    read = read_settings({OPTIONS_SETTING: stored})
    assert (read.dns_options, read.unusable) == (None, (OPTIONS_SETTING,))


@given(st.text(alphabet='{}[]":,zonesptarg0123456789.-', max_size=80))
def test_nothing_that_is_stored_can_raise(stored: str) -> None:
    """Options that were checked, or none."""
    read = read_settings({OPTIONS_SETTING: stored}).dns_options
    assert read is None or check(read) == read
