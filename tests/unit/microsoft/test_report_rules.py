"""The rules of the report, at their boundaries."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.microsoft.events import KmsRequest
from tenure.microsoft.fleet import DAY_S, VALIDITY_S, WINDOW_S, Fleet, Period, gather
from tenure.microsoft.report_count import HostCount, counts, curve, forecasts
from tenure.microsoft.report_duplicates import MAX_NAMES, Sharing, clones, distinct_names, duplicates
from tenure.microsoft.report_machines import Kind, late, machines

AT = 1_767_225_600
WORKSTATION = "2de67392-b7a7-462a-b1ca-108dd189f588"
SERVER = "de32eafd-aaee-4662-9444-c1befb41bde2"
OFFICE = "d450596f-894d-49e0-966a-fd39ed4c4c64"
NAMES = {
    WORKSTATION: "Windows 10 or 11 Pro",
    SERVER: "Windows Server 2019 Standard",
    OFFICE: "Office Professional Plus 2016",
}


def cmid(number: int) -> str:
    """The CMID with this number."""
    return f"00000000-0000-4000-8000-{number:012}"


def request(number: int = 1, *, ago: int = 0, **change: Any) -> KmsRequest:
    """A workstation's accepted request so many seconds before the report."""
    good = KmsRequest(
        host="kms1",
        at=AT - ago,
        cmid=cmid(number),
        name=f"PC{number}",
        sku=WORKSTATION,
        hresult=0,
        minimum=25,
        client_at=AT - ago,
        virtual=False,
        state=1,
        minutes=1000,
    )
    return msgspec.structs.replace(good, **change)


def fleet(*requests: KmsRequest) -> Fleet:
    """The fleet of these requests."""
    return gather(requests, AT)


def count(*requests: KmsRequest) -> HostCount:
    """The count of the one host of these requests."""
    gathered = fleet(*requests)
    (only,) = counts(gathered, clones(gathered))
    return only


@pytest.mark.parametrize(
    ("ago", "counted"),
    [(0, 1), (WINDOW_S - 1, 1), (WINDOW_S, 0), (WINDOW_S + 1, 0)],
)
def test_a_machine_counts_for_strictly_less_than_thirty_days(ago: int, counted: int) -> None:
    """The instant 30.0 days is out."""
    assert count(request(ago=ago)).cmids == counted


@pytest.mark.parametrize(("machines_", "shown"), [(1, 1), (49, 49), (50, 50), (51, 50), (500, 50)])
def test_a_host_counts_to_fifty(machines_: int, shown: int) -> None:
    """The true number stands beside it."""
    found = count(*(request(number) for number in range(machines_)))
    assert (found.count, found.cap, found.cmids, found.machines) == (shown, 50, machines_, machines_)


def test_a_host_that_only_servers_ask_counts_to_ten() -> None:
    """Twice the largest count that anybody asked for."""
    found = count(*(request(number, minimum=5, sku=SERVER) for number in range(12)))
    assert (found.count, found.cap, found.cmids) == (10, 10, 12)


def test_a_hostile_count_does_not_raise_the_cap() -> None:
    """Nothing above fifty, whatever a request says."""
    found = count(*(request(number, minimum=9999) for number in range(60)))
    assert (found.count, found.cap) == (50, 50)


def test_refused_requests_count_nothing() -> None:
    """They are requests, and machines, and no count."""
    found = count(request(1), request(2, hresult=0xC004F06C))
    assert (found.count, found.machines) == (1, 1)
    assert len(machines(fleet(request(2, hresult=0xC004F06C)), NAMES)) == 1


def test_each_host_counts_for_itself() -> None:
    """A machine that asked two hosts counts at both."""
    gathered = fleet(request(1), request(1, ago=DAY_S, host="kms2"), request(2, host="kms2"))
    assert {one.host: one.count for one in counts(gathered, {})} == {"kms1": 1, "kms2": 2}
    assert len(machines(gathered, NAMES)) == 2


def test_copies_are_counted_singly_in_the_true_number() -> None:
    """Three copies and one machine: the host counts two, and there are four."""
    copies = [
        request(1, name=f"VDI{n}", ago=n * 3600 + turn * 7 * DAY_S) for n in range(3) for turn in range(2)
    ]
    found = count(*copies, request(2))
    assert (found.count, found.machines) == (2, 4)


def test_a_renamed_machine_is_counted_once() -> None:
    """In the true number, too."""
    found = count(request(1, name="old", ago=9 * DAY_S), request(1, name="new", ago=DAY_S))
    assert (found.count, found.machines) == (1, 1)


@pytest.mark.parametrize(("machines_", "under"), [(24, True), (25, False), (26, False)])
def test_the_count_falls_under_25_with_its_25th_machine(*, machines_: int, under: bool) -> None:
    """Thirty days after the 25th newest contact; with 24 machines it never was so high."""
    gathered = fleet(*(request(number, ago=number * 60) for number in range(machines_)))
    first, second = forecasts(gathered)
    assert (first.threshold, first.under) == (25, under)
    assert first.falls_under == (None if machines_ < 25 else AT - 24 * 60 + WINDOW_S)
    assert (second.threshold, second.falls_under) == (5, AT - 4 * 60 + WINDOW_S)


@given(st.lists(st.integers(0, 60 * DAY_S), min_size=1, max_size=60))
def test_the_forecast_is_when_the_count_falls(agos: list[int]) -> None:
    """One second before it the count is the threshold or more, and from it on it is less."""
    requests = [request(number, ago=ago) for number, ago in enumerate(agos)]
    for forecast in forecasts(fleet(*requests)):
        if forecast.falls_under is None:
            assert len(agos) < forecast.threshold
            continue
        for instant, enough in ((forecast.falls_under - 1, True), (forecast.falls_under, False)):
            counted = sum(instant - one.at < WINDOW_S for one in requests)
            assert (counted >= forecast.threshold) is enough
        assert forecast.under == (forecast.falls_under <= AT)


def test_the_curve_is_the_count_of_the_coming_days() -> None:
    """As the host counts: to fifty, and to nothing after thirty days."""
    gathered = fleet(*(request(number, ago=number * DAY_S // 4) for number in range(80)))
    found = curve(gathered.hosts["kms1"], AT, 31)
    assert found[0] == (AT, 50)
    assert found[29] == (AT + 29 * DAY_S, 4)
    assert found[30] == (AT + 30 * DAY_S, 0)


@pytest.mark.parametrize(
    ("ago", "days", "over"),
    [
        (7 * DAY_S - 1, None, None),
        (7 * DAY_S, 7, 7),
        (30 * DAY_S - 1, 29, 7),
        (30 * DAY_S, 30, 30),
        (150 * DAY_S - 1, 149, 30),
        (150 * DAY_S, 150, 150),
        (400 * DAY_S, 400, 150),
    ],
)
def test_a_machine_is_late_from_seven_days_on(ago: int, days: int | None, over: int | None) -> None:
    """Whole days, with the largest of 7, 30 and 150 that they reach, and when the activation ends."""
    found = late(machines(fleet(request(ago=ago)), NAMES), AT)
    assert [(one.days, one.over, one.ends) for one in found] == (
        [] if days is None else [(days, over, AT - ago + VALIDITY_S)]
    )


def test_refused_contact_does_not_renew() -> None:
    """A machine that is refused since 8 days is late, though it was seen today."""
    found = machines(fleet(request(ago=8 * DAY_S), request(hresult=0xC004F06C)), NAMES)
    assert found[0].last_seen == AT
    assert found[0].ends == AT - 8 * DAY_S + VALIDITY_S
    assert [one.days for one in late(found, AT)] == [8]


def test_a_machine_that_was_never_accepted_has_no_end() -> None:
    """There is nothing that could end."""
    (found,) = machines(fleet(request(ago=9 * DAY_S, hresult=1)), NAMES)
    assert found.ends is None
    assert found.renewed is None
    assert late([found], AT)[0].ends is None


@pytest.mark.parametrize(
    ("requests", "kind"),
    [
        ([request()], Kind.WORKSTATION),
        ([request(minimum=5, sku=SERVER)], Kind.SERVER),
        ([request(minimum=5, sku="unknown")], Kind.SERVER),
        ([request(minimum=5, sku=OFFICE)], Kind.OFFICE),
        ([request(), request(minimum=5, sku=OFFICE, ago=-0)], Kind.WORKSTATION),
        ([request(minimum=5, sku=SERVER), request(minimum=5, sku=OFFICE)], Kind.SERVER),
    ],
)
def test_the_kind_of_a_machine(requests: list[KmsRequest], kind: Kind) -> None:
    """A count of 25 is a workstation's; Office asks for 5, as servers do."""
    assert machines(fleet(*requests), NAMES)[0].kind is kind


def test_a_machine_is_as_its_last_request_says() -> None:
    """Name, product, host, state, minutes, virtual; an id without a name is shown as such."""
    (found,) = machines(
        fleet(
            request(ago=10),
            request(ago=5, name="New", sku="x-1", host="kms2", state=5, minutes=0, virtual=True),
        ),
        NAMES,
    )
    assert (found.name, found.product, found.host) == ("New", "unknown (x-1)", "kms2")
    assert (found.license_status, found.minutes_remaining, found.virtual) == ("notification", 0, True)
    assert (found.first_seen, found.last_seen, found.requests) == (AT - 10, AT - 5, 2)


def test_requests_of_the_future_are_left_out() -> None:
    """They are counted, and tell nothing; a forged one could hide a late machine for ever."""
    gathered = fleet(request(ago=8 * DAY_S), request(ago=-1))
    assert gathered.later == 1
    assert len(late(machines(gathered, NAMES), AT)) == 1


@pytest.mark.parametrize(
    ("first", "second", "sharing"),
    [
        ((10, 5), (8, 3), Sharing.CLONED),
        ((10, 1), (8, 3), Sharing.CLONED),
        ((10, 5), (5, 3), Sharing.CLONED),
        ((10, 5), (4, 3), Sharing.RENAMED),
        ((10, 10), (9, 9), Sharing.RENAMED),
    ],
)
def test_copies_are_told_from_a_new_name(
    first: tuple[int, int], second: tuple[int, int], sharing: Sharing
) -> None:
    """Names that were used at the same time are copies; one after the other is a new name."""
    (found,) = duplicates(
        fleet(*(request(name="A", ago=ago) for ago in first), *(request(name="B", ago=ago) for ago in second))
    )
    assert found.sharing is sharing
    assert (found.cmid, found.names, found.cmids) == (cmid(1), ("a", "b"), (cmid(1),))
    assert found.cure


@pytest.mark.parametrize(
    ("first", "second", "sharing"),
    [((10, 5), (8, 3), Sharing.NAME_SHARED), ((10, 5), (4, 3), Sharing.REINSTALLED)],
)
def test_one_name_with_several_cmids(
    first: tuple[int, int], second: tuple[int, int], sharing: Sharing
) -> None:
    """At the same time, or one after the other; the CMID that is shown is the newest."""
    (found,) = duplicates(
        fleet(
            *(request(1, name="A", ago=ago) for ago in first),
            *(request(2, name="a.", ago=ago) for ago in second),
        )
    )
    assert found.sharing is sharing
    assert (found.cmid, found.names, set(found.cmids)) == (cmid(2), ("a",), {cmid(1), cmid(2)})


@pytest.mark.parametrize(
    ("names", "distinct"),
    [
        (["pc1", "pc1.contoso.com"], 1),
        (["PC1", "pc1", "pc1."], 1),
        (["pc1", "pc1.a.com", "pc1.b.com"], 3),
        (["pc1", "pc2.contoso.com"], 2),
        (["pc1.contoso.com", "pc1.contoso.com.evil"], 2),
    ],
)
def test_a_short_name_is_the_same_machine(names: list[str], distinct: int) -> None:
    """As long as it can be only one."""
    gathered = fleet(*(request(name=name, ago=ago) for ago, name in enumerate(names)))
    assert len(distinct_names(gathered.machines[cmid(1)].names)) == distinct
    assert len(duplicates(gathered)) == (distinct > 1)


def test_a_short_name_s_period_is_kept() -> None:
    """It is part of the machine's."""
    assert distinct_names({"a": Period(1, 9), "a.b": Period(3, 5)}) == {"a.b": Period(1, 9)}


def test_large_pools_are_listed_in_part() -> None:
    """With their whole number."""
    (found,) = duplicates(fleet(*(request(name=f"v{n:04}") for n in range(500))))
    assert len(found.names) == MAX_NAMES
    assert found.total == 500


REQUESTS = st.lists(
    st.builds(
        request,
        st.integers(1, 4),
        ago=st.integers(0, 40 * DAY_S),
        name=st.sampled_from(["a", "b", "a.x"]),
        host=st.sampled_from(["kms1", "kms2"]),
        hresult=st.sampled_from([0, 0, 1]),
        state=st.integers(0, 6),
        sku=st.sampled_from([WORKSTATION, SERVER]),
    ),
    max_size=20,
)


@given(REQUESTS, st.randoms(use_true_random=False))
def test_the_order_of_requests_changes_nothing(requests: list[KmsRequest], random: Any) -> None:
    """A log that is shuffled gives the same machines, duplicates, counts and forecasts."""
    shuffled = list(requests)
    random.shuffle(shuffled)
    one, other = fleet(*requests), fleet(*shuffled)
    assert machines(one, NAMES) == machines(other, NAMES)
    assert duplicates(one) == duplicates(other)
    assert counts(one, clones(one)) == counts(other, clones(other))
    assert forecasts(one) == forecasts(other)
