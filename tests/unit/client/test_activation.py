from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.publisher import NOW, SimulatedPublisher
from simulators.world import SHORT, Turn, World, for_another_request
from tenure.client.activation import Activated, StillShort, TryingAgain
from tenure.client.exchange import Answer
from tenure.core.errors import Code, Refused, TenureError, Unavailable, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY
from tenure.wire.problems import problem_of


def test_a_grant_makes_the_product_licensed() -> None:
    """A 200 with a lease that verifies is kept, and the machine is licensed for 180 days."""
    world = World()
    world.install()
    outcome = world.activation.activate(world.product_id)
    assert isinstance(outcome, Activated)
    assert outcome.host.text == "host.example:1688"
    status = world.status
    assert (status.license_status, status.reason) == (LicenseStatus.LICENSED, "activated")
    assert status.lease_expires == NOW + 180 * DAY
    assert (status.count, status.threshold) == (28, 25)


def test_the_request_says_what_the_machine_is() -> None:
    """Status and minutes are those from before; a product that was never activated has 70 days of notification."""
    world = World()
    host = world.install()
    world.activation.activate(world.product_id)
    world.activation.activate(world.product_id)
    first, second = host.bodies
    machine = world.store.load().machine
    assert machine is not None
    assert (first.machine_id, first.fingerprint) == (machine.machine_id, world.fingerprint)
    assert (first.hostname, first.virtual, first.client_time) == ("pc.example", True, NOW)
    assert (first.license_status, first.minutes_remaining) == (LicenseStatus.NOTIFICATION, 70 * 1440)
    assert (second.license_status, second.minutes_remaining) == (LicenseStatus.LICENSED, 180 * 1440)
    assert first.request_id != second.request_id


def test_minutes_are_capped_at_a_year() -> None:
    """A publisher may let notification last for years; the request says a year at most."""
    publisher = SimulatedPublisher()
    publisher.policies["workstations"] = replace(publisher.policies["workstations"], reduced_after_days=3650)
    world = World(publisher=publisher)
    host = world.install()
    world.activation.activate(world.product_id)
    assert host.bodies[0].minutes_remaining == 525_600


def test_nothing_to_end_is_zero_minutes() -> None:
    """Reduced functionality ends by no time, and the request says 0."""
    world = World()
    host = world.install()
    world.now += 71 * DAY
    world.activation.activate(world.product_id)
    assert host.bodies[0].license_status is LicenseStatus.REDUCED_FUNCTIONALITY
    assert host.bodies[0].minutes_remaining == 0


def test_a_202_leaves_everything_as_it_was() -> None:
    """Without waiting a 202 is the outcome, with the host's numbers and Microsoft's code."""
    world = World()
    world.install().script.append(SHORT)
    outcome = world.activation.activate(world.product_id)
    assert isinstance(outcome, StillShort)
    refusal = outcome.refusal()
    assert (refusal.code, refusal.hresult) == (Code.COUNT_INSUFFICIENT, "0xC004F038")
    assert "7 of 25" in refusal.detail
    assert "18" in refusal.detail
    assert world.status.license_status is LicenseStatus.NOTIFICATION
    assert world.store.load().leases == {}


def test_waiting_asks_again_until_it_is_granted() -> None:
    """With time to wait the host is asked to hold each request, each is a new one, and the grant ends it."""
    world = World()
    host = world.install()
    host.script.extend([SHORT, SHORT])
    outcome = world.activation.activate(world.product_id, seconds=100)
    assert isinstance(outcome, Activated)
    assert host.waits == [60, 60, 60]
    assert len({body.request_id for body in host.bodies}) == 3
    assert world.pauses == [1, 1]
    assert [type(told) for told in world.told] == [StillShort, StillShort]


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        pytest.param(0, 1, id="never at once"),
        pytest.param(5, 5, id="a host that is stopping"),
        pytest.param(7200, 60, id="a host that does not hold: once a minute"),
        pytest.param(None, 60, id="no word of when"),
    ],
)
def test_the_pause_after_a_202_is_the_host_s_within_bounds(retry_after: int | None, pause: float) -> None:
    """`Retry-After` is kept to, between one second and one minute."""
    world = World()
    host = world.install()
    host.retry_after = retry_after
    host.script.append(SHORT)
    world.activation.activate(world.product_id, seconds=1000)
    assert world.pauses == [pause]


def test_waiting_ends_when_its_time_is_over() -> None:
    """The last request asks the host for no more than what is left, and the outcome is the last 202."""
    world = World()
    host = world.install()
    host.script.extend([SHORT] * 100)
    outcome = world.activation.activate(world.product_id, seconds=2.5)
    assert isinstance(outcome, StillShort)
    assert host.waits == [3, 2, 1]
    assert world.elapsed == 2


def test_after_lost_connections_the_pauses_double() -> None:
    """1 s, 2 s, 4 s; a 202 in between begins anew."""
    world = World()
    host = world.install()
    gone = Unavailable(Code.OVERLOADED, "Too much.")
    limited = Refused(Code.RATE_LIMITED, "Too often.")
    host.script.extend([gone, gone, limited, SHORT, gone])
    assert isinstance(world.activation.activate(world.product_id, seconds=1000), Activated)
    assert world.pauses == [1, 2, 4, 1, 1]
    assert [type(told) for told in world.told] == [TryingAgain] * 3 + [StillShort, TryingAgain]


@pytest.mark.parametrize(("told", "pause"), [("30", 30), ("3600", 60), ("0", 1)])
def test_a_host_that_says_when_to_come_back_is_not_asked_before(told: str, pause: float) -> None:
    """Up to a minute: whoever waits by hand goes on asking."""
    world = World()
    busy = problem_of(Refused(Code.RATE_LIMITED, "Too often."))
    world.install().script.append(Answer(429, msgspec.json.encode(busy), {"retry-after": told}))
    assert isinstance(world.activation.activate(world.product_id, seconds=1000), Activated)
    assert world.pauses == [pause]


def test_a_refusal_ends_the_waiting() -> None:
    """What a rule says is no matter of time."""
    world = World()
    world.install().script.append(Refused(Code.MACHINE_BLOCKED, "Blocked."))
    with pytest.raises(Refused) as caught:
        world.activation.activate(world.product_id, seconds=1000)
    assert caught.value.code is Code.MACHINE_BLOCKED
    assert world.pauses == []


def test_without_a_key_there_is_nothing_to_ask() -> None:
    """It is named with its cure, and nobody hears anything."""
    world = World()
    with pytest.raises(UsageError, match="No key") as caught:
        world.activation.activate(world.product_id)
    assert caught.value.code is Code.NOT_SET_UP
    assert "install-key" in caught.value.cure
    assert (world.calls, world.dns.asked) == ([], [])


def test_renewing_needs_a_lease() -> None:
    """`renew` is for machines that were activated; a refusal leaves their lease as it is."""
    world = World()
    host = world.install()
    with pytest.raises(UsageError) as caught:
        world.activation.renew(world.product_id)
    assert caught.value.code is Code.NOT_SET_UP
    world.activation.activate(world.product_id)
    world.now += 7 * DAY
    host.script.append(SHORT)
    assert isinstance(world.activation.renew(world.product_id), StillShort)
    assert world.status.lease_expires == NOW + 180 * DAY
    assert isinstance(world.activation.renew(world.product_id), Activated)
    assert world.status.lease_expires == NOW + 187 * DAY


def test_a_copied_installation_asks_under_a_machine_id_of_its_own() -> None:
    """The clone's status is `machine_changed` until it has a lease of its own; its original's id is never used."""
    world = World()
    host = world.install()
    world.activation.activate(world.product_id)
    world.fingerprint = "fingerprint-of-the-clone"
    assert (world.status.license_status, world.status.reason) == ("notification", "machine_changed")
    host.script.append(SHORT)
    world.activation.activate(world.product_id)
    assert world.status.reason == "machine_changed"
    world.activation.activate(world.product_id)
    original, first, second = (body.machine_id for body in host.bodies)
    assert original != first == second
    assert (world.status.license_status, world.status.machine_id) == ("licensed", first)


def test_a_copy_made_before_any_activation_is_told_apart_too() -> None:
    """An image that asked once and was copied then does not share its machine id."""
    world = World()
    host = world.install()
    host.script.append(SHORT)
    world.activation.activate(world.product_id)
    world.fingerprint = "fingerprint-of-the-clone"
    world.activation.activate(world.product_id)
    assert host.bodies[0].machine_id != host.bodies[1].machine_id


def test_a_new_lease_sets_the_highest_time_back() -> None:
    """A clock that once ran years ahead does no harm after the next contact; nothing else lowers it."""
    world = World()
    host = world.install()
    world.now = NOW + 1000 * DAY
    host.script.append(Refused(Code.CLOCK_SKEW, "Over 4 hours."))
    with pytest.raises(Refused):
        world.activation.activate(world.product_id)
    world.now = NOW
    assert _status(world) == "reduced_functionality"
    assert world.status.clock_moved_back
    host.script.append(SHORT)
    world.activation.activate(world.product_id)
    assert _status(world) == "reduced_functionality"
    world.activation.activate(world.product_id)
    assert _status(world) == "licensed"
    machine = world.store.load().machine
    assert machine is not None
    assert machine.highest_seen == NOW


def _status(world: World) -> str:
    return world.status.license_status.value


_TURNS: dict[str, Turn] = {
    "short": SHORT,
    "refused": Refused(Code.CLOCK_SKEW, "No."),
    "silence": Unavailable(Code.OVERLOADED, "No."),
    "forged": for_another_request,
}
_BETTER_FIRST = [
    LicenseStatus.LICENSED,
    LicenseStatus.INITIAL_GRACE,
    LicenseStatus.NOTIFICATION,
    LicenseStatus.REDUCED_FUNCTIONALITY,
]


@given(
    st.booleans(),
    st.lists(
        st.tuples(st.integers(-400 * DAY, 400 * DAY), st.sampled_from(sorted(_TURNS))),
        max_size=8,
    ),
)
def test_without_a_lease_no_clock_and_no_answer_betters_a_status(
    activated: bool,  # noqa: FBT001 - hypothesis gives it
    steps: list[tuple[int, str]],
) -> None:
    """However the clock is set, and whatever hosts say but a verified lease, a status only gets worse."""
    world = World()
    host = world.install()
    if activated:
        world.activation.activate(world.product_id)
    before = _BETTER_FIRST.index(world.status.license_status)
    for jump, turn in steps:
        world.now = max(0, world.now + jump)
        host.script.append(_TURNS[turn])
        with suppress(TenureError):
            world.activation.activate(world.product_id)
        after = _BETTER_FIRST.index(world.status.license_status)
        assert after >= before
        before = after
