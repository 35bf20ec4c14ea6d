"""The agent in a simulated world: what it asks, when, and what it says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.agent import SimulatedAgent
from simulators.dns import srv
from simulators.publisher import NOW
from simulators.world import MAK, SHORT, GrantingHost, Turn, World, for_another_request
from tenure.client.agent import KEEP_TIME_SECONDS, Ask, NoLease
from tenure.client.discovery_settings import DiscoveryChange, change_discovery
from tenure.client.host_address import parse_host
from tenure.client.lifecycle import rearm, remove_key
from tenure.client.setup import set_hosts
from tenure.core.errors import Code, Refused, Unavailable
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY

HOUR = 3600
GONE = Unavailable(Code.OVERLOADED, "The host is busy.")


@pytest.fixture
def it() -> SimulatedAgent:
    """The agent of a machine with a key and a host."""
    it = SimulatedAgent()
    it.world.install()
    return it


@pytest.fixture
def host(it: SimulatedAgent) -> GrantingHost:
    """That host."""
    return it.world.hosts["host.example"]


def status(it: SimulatedAgent) -> LicenseStatus:
    """The workstation product's."""
    return it.world.status.license_status


def moved_back(it: SimulatedAgent) -> bool:
    """Whether the clock is behind what was seen."""
    return it.world.status.clock_moved_back


def test_it_activates_at_once_and_lets_the_host_hold_the_request(it: SimulatedAgent) -> None:
    """A machine that has no license stands in the queue from the first second: `Prefer: wait=60`."""
    assert it.step() == [Ask(it.world.product_id, 60)]
    assert status(it) is LicenseStatus.LICENSED


def test_a_request_that_is_held_is_not_made_again(it: SimulatedAgent) -> None:
    """One request a product at a time, however often the agent looks."""
    assert len(it.agent.turn()) == 1
    it.world.pause(30)
    assert it.agent.turn() == []
    assert it.agent.rest > 0


def test_it_stands_in_the_queue_all_the_time(it: SimulatedAgent, host: GrantingHost) -> None:
    """A second after each 202 the next request is held, each a new one, until the threshold is reached."""
    host.script.extend([SHORT] * 10)
    it.live(20)
    assert it.times == [float(second) for second in range(11)]
    assert set(host.waits) == {60}
    assert len({body.request_id for body in host.bodies}) == 11
    assert status(it) is LicenseStatus.LICENSED


def test_a_licensed_machine_renews_every_seven_days_and_stays_licensed(
    it: SimulatedAgent, host: GrantingHost
) -> None:
    """Seven times in fifty days; renewals are not held, for a licensed machine waits for nobody."""
    it.live(50 * DAY, late=HOUR)
    assert len(host.bodies) == 8
    assert host.waits == [60] + [0] * 7
    assert it.times[1] == 7 * DAY
    assert status(it) is LicenseStatus.LICENSED


def test_a_lease_is_renewed_when_its_draw_says() -> None:
    """What is drawn for each lease takes up to a tenth off the seven days, so that no fleet renews in step."""
    it = SimulatedAgent(World(draws=0.5))
    it.world.install()
    it.live(6 * DAY, late=HOUR)
    it.live(DAY, late=60)
    assert it.times[1] == pytest.approx(0.95 * 7 * DAY, abs=60)


def test_a_renewal_that_finds_no_host_is_tried_every_quarter_of_an_hour(it: SimulatedAgent) -> None:
    """64 s after the first try, doubling to 15 minutes."""
    it.live(6 * DAY, late=HOUR)
    it.world.dead.add("host.example")
    it.live(DAY + HOUR)
    pauses = [later - earlier for earlier, later in itertools.pairwise(it.times[1:])]
    assert pauses == [64, 128, 256, 512, 900, 900]


def test_a_host_that_is_away_for_months_costs_nothing(it: SimulatedAgent) -> None:
    """The machine stays licensed, warns once a day in its last 30, and renews when the host is back."""
    it.step()
    it.world.dead.add("host.example")
    it.live(149 * DAY, late=6 * HOUR)
    assert "was not renewed" not in it.said
    it.live(25 * DAY, late=6 * HOUR)
    assert status(it) is LicenseStatus.LICENSED
    assert it.said.count("and was not renewed") == pytest.approx(24, abs=1)
    it.world.dead.clear()
    it.live(HOUR)
    assert it.world.status.minutes_remaining == pytest.approx(180 * 1440, abs=60)


def test_a_host_that_stays_away_ends_the_license_and_one_contact_brings_it_back(it: SimulatedAgent) -> None:
    """Licensed, notification from day 180, reduced functionality from day 250, licensed again."""
    it.step()
    it.world.dead.add("host.example")
    seen: list[str] = []
    for day in (179, 181, 249, 251):
        it.live(NOW + day * DAY - it.world.now, late=6 * HOUR)
        seen.append(status(it).value)
    assert seen == ["licensed", "notification", "notification", "reduced_functionality"]
    it.world.dead.clear()
    it.live(HOUR)
    assert status(it) is LicenseStatus.LICENSED
    for words in ("licensed (activated)", "notification (lease expired)", "reduced functionality (lease exp"):
        assert words in it.said


def test_after_a_refusal_it_asks_after_the_retry_interval(it: SimulatedAgent, host: GrantingHost) -> None:
    """Two hours for a refusal that time does not cure; a forged lease is one."""
    host.script.extend([Refused(Code.MACHINE_BLOCKED, "This machine is blocked."), for_another_request])
    it.live(5 * HOUR)
    assert it.times == [0.0, 7200.0, 14400.0]
    assert status(it) is LicenseStatus.LICENSED
    assert "This machine is blocked." in it.said


def test_after_503s_it_asks_sooner_and_later_and_later(it: SimulatedAgent, host: GrantingHost) -> None:
    """1 s, 2 s, 4 s; the log names the trouble once."""
    host.script.extend([GONE] * 4)
    it.live(60)
    assert it.times == [0, 1, 3, 7, 15]
    assert it.said.count("The host is busy.") == 1


def test_every_product_has_its_own_schedule(it: SimulatedAgent, host: GrantingHost) -> None:
    """One that is refused for hours delays no other."""
    it.world.install_key_of(it.world.publisher.server.generic_keys[0])
    host.script.append(Refused(Code.MACHINE_BLOCKED, "No."))
    it.live(100)
    first, second = (ask.product_id for _, ask in it.asks)
    assert {first, second} == {it.world.product_id, it.world.publisher.server.product_id}
    assert it.world.store.load().leases.keys() == {second}


def test_a_key_that_is_installed_while_it_runs_is_looked_after_at_once() -> None:
    """Without a restart; before it the agent says that it waits for one."""
    it = SimulatedAgent()
    it.live(100)
    assert "No product key is installed" in it.said
    it.world.install()
    it.step()
    assert status(it) is LicenseStatus.LICENSED


def test_another_host_is_asked_as_soon_as_it_is_set(it: SimulatedAgent) -> None:
    """Nobody waits for the end of a pause that another host caused."""
    it.world.dead.add("host.example")
    it.live(HOUR)
    it.world.hosts["other.example"] = GrantingHost(it.world.publisher, it.world.clock)
    set_hosts(
        [parse_host("other.example")],
        store=it.world.store,
        clock=it.world.clock,
        new_uuid=it.world.new_uuid,
    )
    it.step()
    assert status(it) is LicenseStatus.LICENSED


def test_without_a_host_it_says_what_to_do_and_finds_one_that_is_published(it: SimulatedAgent) -> None:
    """None is set, and the DNS names none: it is asked again after a second, doubling to 15 minutes."""
    set_hosts([], store=it.world.store, clock=it.world.clock, new_uuid=it.world.new_uuid)
    it.live(HOUR)
    assert it.times[:4] == [0.0, 1.0, 3.0, 7.0]
    assert it.times[-1] - it.times[-2] <= HOUR / 4
    assert "tenure client set-host" in it.said
    it.world.dns.records["_tenure._tcp.corp.test"] = [srv("host.example")]
    it.live(HOUR / 4)
    assert status(it) is LicenseStatus.LICENSED


def test_where_hosts_are_looked_for_may_change_while_it_runs(it: SimulatedAgent) -> None:
    """It asks at once, as after any other change."""
    world = it.world
    set_hosts([], store=world.store, clock=world.clock, new_uuid=world.new_uuid)
    world.dns.records["_own._tcp.other.test"] = [srv("host.example")]
    it.live(HOUR)
    change_discovery(
        DiscoveryChange(domain="other.test", label="_own"),
        store=world.store,
        clock=world.clock,
        new_uuid=world.new_uuid,
    )
    it.step()
    assert status(it) is LicenseStatus.LICENSED


def test_a_key_that_is_removed_is_forgotten(it: SimulatedAgent, host: GrantingHost) -> None:
    """Also while its request is under way."""
    (ask,) = it.agent.turn()
    remove_key(ask.product_id, store=it.world.store, clock=it.world.clock)
    assert it.agent.turn() == []
    it.agent.heard(ask.product_id, NoLease((GONE,)))
    it.live(HOUR)
    assert host.bodies == []
    it.world.install()
    it.step()
    assert status(it) is LicenseStatus.LICENSED


def test_after_a_rearm_it_activates_again(it: SimulatedAgent, host: GrantingHost) -> None:
    """The new machine id has no lease, so it is asked for at once."""
    it.step()
    rearm(store=it.world.store, clock=it.world.clock, new_uuid=it.world.new_uuid)
    it.live(120)
    assert status(it) is LicenseStatus.LICENSED
    assert host.bodies[0].machine_id != host.bodies[1].machine_id


def test_a_machine_that_slept_renews_when_it_wakes(it: SimulatedAgent, host: GrantingHost) -> None:
    """Eight days of sleep are no time on the clock that nobody sets, and yet the renewal is not late."""
    it.live(HOUR)
    it.sleep(8 * DAY)
    it.live(60)
    assert len(host.bodies) == 2
    assert "this machine slept" in it.said


def test_a_machine_that_wakes_does_not_sit_out_its_pause(it: SimulatedAgent, host: GrantingHost) -> None:
    """A refusal that was two hours old before the sleep is tried again within seconds after it."""
    host.script.append(Refused(Code.MACHINE_BLOCKED, "No."))
    it.live(60)
    it.sleep(8 * HOUR)
    it.live(60)
    assert status(it) is LicenseStatus.LICENSED


def test_after_a_jump_a_fleet_is_spread_over_seconds(it: SimulatedAgent) -> None:
    """Hundreds of machines that wake together ask within ten seconds, not in one."""
    it.live(HOUR)
    it.world.draws = 0.5
    it.sleep(8 * DAY)
    it.live(60)
    assert it.times == [0.0, HOUR + 5.0]


def test_a_clock_set_back_a_year_makes_nothing_longer(it: SimulatedAgent, host: GrantingHost) -> None:
    """It says so, asks the host at once, and is refused until the clock is right; the lease ends as it would."""
    it.live(100 * DAY, late=6 * HOUR)
    before = it.world.status.lease_expires
    host.script.append(Refused(Code.CLOCK_SKEW, "Over four hours apart."))
    it.world.now -= 365 * DAY
    it.live(60)
    assert it.world.status.lease_expires == before
    assert moved_back(it)
    assert "was set back by 365 days" in it.said
    assert "Set the clock right" in it.said
    assert "Over four hours apart." in it.said


def test_a_clock_set_forward_and_back_is_told_and_cured_by_one_contact(
    it: SimulatedAgent, host: GrantingHost
) -> None:
    """Forward by a year: reduced, and the host refuses. Back again: one contact, and all is as it was."""
    it.step()
    it.world.now += 365 * DAY
    host.script.append(Refused(Code.CLOCK_SKEW, "Over four hours apart."))
    it.live(60)
    assert status(it) is LicenseStatus.REDUCED_FUNCTIONALITY
    it.world.now -= 365 * DAY
    it.agent.turn()
    assert status(it) is LicenseStatus.REDUCED_FUNCTIONALITY
    assert moved_back(it)
    it.restart()
    it.live(60)
    assert status(it) is LicenseStatus.LICENSED
    assert not moved_back(it)
    assert "is behind" in it.said
    assert len(host.bodies) == 3


def test_the_highest_time_is_kept_every_five_minutes(it: SimulatedAgent) -> None:
    """A machine whose clock is set back while it is off has lost five minutes at most."""
    for _ in range(5):
        it.live(HOUR)
        machine = it.world.store.load().machine
        assert machine is not None
        assert it.world.now - machine.highest_seen <= KEEP_TIME_SECONDS


def test_a_restart_forgets_pauses_and_nothing_else(it: SimulatedAgent, host: GrantingHost) -> None:
    """A licensed machine asks nobody; one without a license asks at once."""
    host.script.append(Refused(Code.MACHINE_BLOCKED, "No."))
    it.step()
    it.restart()
    it.step()
    assert status(it) is LicenseStatus.LICENSED
    it.restart()
    it.live(HOUR)
    assert len(host.bodies) == 2


def test_a_full_disk_is_told_and_outlived(it: SimulatedAgent) -> None:
    """The lease still counts, nothing is asked that could not be kept, and with space all goes on."""
    it.live(10)
    it.disk.full = True
    it.live(20 * DAY, late=HOUR)
    assert status(it) is LicenseStatus.LICENSED
    assert "No space left on device" in it.said
    it.disk.full = False
    it.live(HOUR)
    assert "can be written again" in it.said
    assert it.world.status.lease_expires == pytest.approx(it.world.now + 180 * DAY, abs=HOUR)


def test_a_disk_that_cannot_be_read_is_told_and_outlived(it: SimulatedAgent) -> None:
    """What was known goes on being used; the agent looks again."""
    it.live(10)
    it.disk.gone = True
    it.world.pause(KEEP_TIME_SECONDS)
    it.live(HOUR)
    assert "The state cannot be read" in it.said
    it.disk.gone = False
    it.live(8 * DAY, late=HOUR)
    assert it.world.status.lease_expires == pytest.approx(it.world.now + 180 * DAY, abs=2 * DAY)


def test_a_disk_that_is_full_from_the_start_is_not_asked_about_in_a_loop(it: SimulatedAgent) -> None:
    """Every try is at most as often as with a host that is away."""
    it.disk.full = True
    it.live(HOUR)
    assert len(it.asks) <= 14


def test_a_copied_folder_asks_as_a_machine_of_its_own(it: SimulatedAgent, host: GrantingHost) -> None:
    """It is told why it is not licensed, and has a lease a moment later, under a new machine id."""
    it.step()
    it.world.fingerprint = "fingerprint-of-the-clone"
    it.restart()
    it.live(60)
    assert "notification (machine changed)" in it.said
    assert "was given to another installation" in it.said
    assert status(it) is LicenseStatus.LICENSED
    assert len({body.machine_id for body in host.bodies}) == 2


def test_an_outage_of_the_log_s_patience_is_one_line_an_hour(it: SimulatedAgent) -> None:
    """A host that is away for a day fills no log."""
    it.world.dead.add("host.example")
    it.live(DAY, late=60)
    assert it.said.count("got no lease") <= 25


_TURNS: dict[str, Turn] = {
    "short": SHORT,
    "refused": Refused(Code.CLOCK_SKEW, "No."),
    "silence": GONE,
    "forged": for_another_request,
    "granted": None,
}


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["live", "sleep", "set", "restart", "full", "space"]),
            st.integers(-40 * DAY, 40 * DAY),
            st.sampled_from(sorted(_TURNS)),
        ),
        max_size=12,
    )
)
def test_whatever_happens_a_good_day_at_the_true_time_licenses_the_machine(
    happenings: list[tuple[str, int, str]],
) -> None:
    """Sleep, wrong clocks, restarts, full disks and bad answers leave nothing behind that a day does not cure."""
    it = SimulatedAgent(World())
    host = it.world.install()
    true_now = it.world.now
    for what, amount, turn in happenings:
        host.script.append(_TURNS[turn])
        elapsed, before = it.world.elapsed, it.world.now
        match what:
            case "live":
                it.live(min(abs(amount), 10 * DAY), late=6 * HOUR)
                true_now += round(it.world.elapsed - elapsed)
                continue
            case "sleep":
                it.sleep(abs(amount))
                true_now += it.world.now - before
            case "set":
                it.world.now = max(0, it.world.now + amount)
            case "restart":
                it.restart()
            case _:
                it.disk.full = what == "full"
        it.step()
    host.script.clear()
    it.disk.full = False
    it.world.now = true_now
    it.live(DAY, late=HOUR)
    assert status(it) is LicenseStatus.LICENSED
    assert not moved_back(it)


# With a MAK or a retail key


@pytest.fixture
def mak() -> SimulatedAgent:
    """The agent of a machine with a MAK and no host."""
    it = SimulatedAgent()
    it.world.install_key_of(MAK.text)
    return it


def test_it_activates_with_the_publisher_once_and_for_good(mak: SimulatedAgent) -> None:
    """One request in a year, and the log says how much of the key is used."""
    mak.live(365 * DAY, late=6 * HOUR)
    assert len(mak.world.authority.requests) == 1
    assert status(mak) is LicenseStatus.LICENSED
    assert "Draft Studio is activated for good" in mak.said
    assert "2 of the 3 activations of its key are used" in mak.said


def test_it_asks_a_silent_publisher_as_an_unlicensed_machine_asks_hosts(mak: SimulatedAgent) -> None:
    """After 1 s, doubling; it is licensed at the first answer."""
    mak.world.authority.script.extend([Unavailable(Code.PUBLISHER_UNREACHABLE, "Nobody is there.")] * 3)
    mak.live(60)
    assert mak.times == [0.0, 1.0, 3.0, 7.0]
    assert status(mak) is LicenseStatus.LICENSED


def test_a_key_that_is_used_up_is_tried_again_after_the_retry_interval(mak: SimulatedAgent) -> None:
    """The publisher may free a place; until then the log says why it is not licensed."""
    mak.world.authority.script.append(Refused(Code.KEY_LIMIT, "The mak key has activated 3 machines."))
    mak.live(3 * HOUR, late=60)
    assert len(mak.times) == 2
    assert mak.times[1] == pytest.approx(7200, abs=60)
    assert "Draft Studio got no grant. The mak key has activated 3 machines." in mak.said
    assert status(mak) is LicenseStatus.LICENSED


def test_a_machine_that_was_copied_is_activated_by_its_agent(mak: SimulatedAgent) -> None:
    """The change is noted when the time is kept, and the copy asks under an id of its own."""
    mak.live(DAY, late=HOUR)
    mak.world.fingerprint = "fingerprint-of-the-copy"
    mak.world.authority.script.append(Unavailable(Code.PUBLISHER_UNREACHABLE, "Nobody is there."))
    mak.restart()
    mak.step()
    (held,) = mak.world.store.load().grants.values()
    assert held.change_noted_at == mak.world.now
    assert "given to another installation" in mak.said
    mak.live(60)
    assert status(mak) is LicenseStatus.LICENSED
    original, _, copy = mak.world.authority.requests
    assert original.asker != copy.asker


def test_a_newer_key_of_the_other_type_is_asked_for_at_once(it: SimulatedAgent) -> None:
    """A MAK over a generic key brings a grant, the generic key again a lease; the machine is licensed all the time."""
    it.live(60)
    it.world.install_key_of(MAK.text)
    it.live(120)
    assert it.world.status.for_good
    it.world.install()
    it.live(120)
    assert (status(it), it.world.status.for_good) == (LicenseStatus.LICENSED, False)
