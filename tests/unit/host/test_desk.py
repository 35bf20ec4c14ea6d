"""The activation desk: one request from its body to its answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from simulators.host import HOST_ID, SimulatedHost
from simulators.machines import SimulatedMachine
from simulators.publisher import NOW, SimulatedPublisher
from tenure.core.certificate import LIFETIME_SECONDS
from tenure.core.errors import Code, Refused, TenureError, Unavailable
from tenure.core.lease import Pending
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY
from tenure.core.revocation import Revocable, Revocation
from tenure.host.desk import RETRY_FULL, RETRY_HELD, RETRY_STOPPING, Held
from tenure.host.ledger import Outcome
from tenure.host.waiting_room import Call, WaitingRoom
from tenure.wire.activation import ActivationBody, Granted
from tenure.wire.trust import accept_lease


def ask(host: SimulatedHost, body: ActivationBody, *, wait: int = 0) -> Granted | Held:
    """The desk's answer, from a loop of its own."""
    return asyncio.run(_ask(host, body, wait=wait))


async def _ask(host: SimulatedHost, body: ActivationBody, *, wait: int = 0) -> Granted | Held:
    return await host.desk.activate(body, address="192.0.2.7", wait=wait)


def refused(host: SimulatedHost, body: ActivationBody) -> TenureError:
    """The error that the desk answers with."""
    with pytest.raises(TenureError) as caught:
        ask(host, body)
    return caught.value


def workstation(host: SimulatedHost) -> SimulatedMachine:
    """A new machine with the workstation product."""
    return SimulatedMachine(host.publisher.workstation.product_id)


def fill(host: SimulatedHost, machines: int) -> None:
    """So many workstations are counted."""
    for _ in range(machines):
        ask(host, workstation(host).ask(host.now))


def test_below_the_threshold_a_request_waits_and_is_told_what_is_missing() -> None:
    """A 202 says count, threshold, how many are missing, whom to ask, and when to come back."""
    host = SimulatedHost()
    fill(host, 23)
    answer = ask(host, workstation(host).ask(NOW))
    assert isinstance(answer, Held)
    assert (answer.body.count, answer.body.threshold, answer.body.missing) == (24, 25, 1)
    assert (answer.body.code, answer.body.hresult) == ("count_insufficient", "0xC004F038")
    assert answer.body.contact == "licenses@publisher.example"
    assert (answer.retry_after, answer.waited) == (7200, None)


def test_at_the_threshold_a_machine_holds_a_lease_that_verifies_down_to_the_root() -> None:
    """The 25th machine's lease is signed by the host, whose certificate is signed by the catalog's key."""
    host = SimulatedHost()
    fill(host, 24)
    body = workstation(host).ask(NOW)
    answer = ask(host, body)
    assert isinstance(answer, Granted)
    pending = Pending(
        machine_id=body.machine_id,
        product_id=body.product_id,
        request_id=body.request_id,
        fingerprint=body.fingerprint,
    )
    lease, certificate = accept_lease(
        answer.lease,
        answer.certificate,
        host.publisher.catalog,
        pending,
        revocations=None,
        now=NOW,
        highest_epoch=None,
    )
    assert certificate.host_id == HOST_ID
    assert (lease.iat, lease.exp - lease.iat) == (NOW, 180 * DAY)
    assert (lease.count, lease.threshold, lease.renew_after) == (25, 25, NOW + 7 * DAY)
    assert lease.epoch == NOW - 500


def test_a_resent_request_gets_the_lease_that_the_log_knows() -> None:
    """After a lost answer the same request gets a lease of the same id."""
    host = SimulatedHost()
    fill(host, 24)
    machine = workstation(host)
    body = machine.ask(NOW, request_id=UUID(int=99))
    first, second = ask(host, body), ask(host, body)
    assert isinstance(first, Granted)
    assert first == second


def test_workstations_and_servers_count_apart() -> None:
    """24 workstations and 4 servers wait; the fifth server is granted while the workstations go on waiting."""
    host = SimulatedHost()
    fill(host, 24)
    servers = [SimulatedMachine(host.publisher.server.product_id) for _ in range(5)]
    answers = [ask(host, server.ask(NOW)) for server in servers]
    assert [type(answer) for answer in answers] == [Held] * 4 + [Granted]
    assert isinstance(ask(host, workstation(host).ask(NOW)), Granted)


@pytest.mark.parametrize("by", [4 * 3600, -4 * 3600], ids=["ahead", "behind"])
def test_four_hours_of_clock_difference_are_fine_and_a_second_more_is_not(by: int) -> None:
    """4 h 0 s passes, 4 h 1 s is `clock_skew`, on either side."""
    host = SimulatedHost()
    assert isinstance(ask(host, workstation(host).ask(NOW + by)), Held)
    error = refused(host, workstation(host).ask(NOW + by + (1 if by > 0 else -1)))
    assert isinstance(error, Refused)
    assert (error.code, error.hresult) == (Code.CLOCK_SKEW, "0xC004F06C")


def test_an_unknown_product_is_not_served() -> None:
    """A product that no catalog here names is refused."""
    host = SimulatedHost()
    error = refused(host, SimulatedMachine(UUID(int=5)).ask(NOW))
    assert (type(error), error.code) == (Refused, Code.PRODUCT_NOT_SERVED)


def test_a_pool_that_the_certificate_does_not_cover_is_not_served() -> None:
    """A certificate for workstations grants no servers."""
    publisher = SimulatedPublisher()
    host = SimulatedHost(publisher)
    del publisher.policies["servers"]
    certificate = publisher.certify(host.key, HOST_ID)
    publisher.policies["servers"] = SimulatedPublisher().policies["servers"]
    host.serve(certificate)
    error = refused(host, SimulatedMachine(publisher.server.product_id).ask(NOW))
    assert error.code is Code.PRODUCT_NOT_SERVED


def test_a_host_without_certificate_says_that_it_is_not_activated() -> None:
    """503, so that machines come back."""
    host = SimulatedHost(certificate=False)
    error = refused(host, workstation(host).ask(NOW))
    assert (type(error), error.code) == (Unavailable, Code.HOST_NOT_ACTIVATED)


@pytest.mark.parametrize(
    ("later", "granted"),
    [pytest.param(-1, True, id="the-last-second"), pytest.param(0, False, id="its-end")],
)
def test_a_certificate_is_valid_until_just_before_its_end(later: int, *, granted: bool) -> None:
    """Validity is half-open; afterwards the host grants nothing and says why."""
    host = SimulatedHost()
    host.now = NOW - DAY + LIFETIME_SECONDS + later
    body = workstation(host).ask(host.now)
    if granted:
        assert isinstance(ask(host, body), Held)
    else:
        assert refused(host, body).code is Code.HOST_CERTIFICATE_EXPIRED


@pytest.mark.parametrize(
    ("behind", "granted"),
    [pytest.param(4 * 3600, True, id="4h0s"), pytest.param(4 * 3600 + 1, False, id="4h1s")],
)
def test_a_host_whose_clock_went_back_over_four_hours_grants_nothing(behind: int, *, granted: bool) -> None:
    """Its own newest row tells it."""
    host = SimulatedHost()
    fill(host, 1)
    host.now = NOW - behind
    body = workstation(host).ask(host.now)
    if granted:
        assert isinstance(ask(host, body), Held)
    else:
        assert refused(host, body).code is Code.HOST_CLOCK


def test_a_refused_request_is_logged_and_counts_nothing() -> None:
    """An administrator can see it; the count cannot."""
    host = SimulatedHost()
    refused(host, workstation(host).ask(NOW + DAY))
    assert [row["code"] for row in host.ledger.rows.logged] == ["clock_skew"]
    assert host.ledger.counts(NOW) == {}


def test_a_request_id_cannot_stand_for_two_contents() -> None:
    """The second content is `invalid_request`."""
    host = SimulatedHost()
    machine = workstation(host)
    ask(host, machine.ask(NOW, request_id=UUID(int=7)))
    error = refused(host, machine.ask(NOW, request_id=UUID(int=7), hostname="another.example"))
    assert error.code is Code.INVALID_REQUEST


def test_a_new_machine_too_many_is_told_when_to_come_back() -> None:
    """429 with a time, though the host is not overloaded; a machine that it knows is served."""
    host = SimulatedHost()
    host.serve_with({"limit_new_machines": "1"})
    known = workstation(host)
    ask(host, known.ask(NOW))
    error = refused(host, workstation(host).ask(NOW))
    assert (type(error), error.code) == (Refused, Code.RATE_LIMITED)
    assert error.retry_after is not None
    assert error.retry_after >= 3_600
    assert isinstance(ask(host, known.ask(NOW)), Held)


def test_a_failed_commit_promises_nothing() -> None:
    """`storage_unavailable` reaches the machine, and no lease does."""
    host = SimulatedHost()
    fill(host, 24)
    host.ledger_error = Unavailable(Code.STORAGE_UNAVAILABLE, "The disk is full.")
    assert refused(host, workstation(host).ask(NOW)).code is Code.STORAGE_UNAVAILABLE


REVOKED = Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=NOW, reason="stolen")


@pytest.mark.parametrize(
    ("since", "granted"),
    [
        pytest.param(NOW + 1, True, id="from-the-next-second-on"),
        pytest.param(NOW, False, id="from-now-on"),
        pytest.param(NOW - DAY, False, id="since-yesterday"),
    ],
)
def test_a_revoked_host_grants_nothing_and_says_why(since: int, *, granted: bool) -> None:
    """503 `host_revoked` with time and reason; the request is logged as refused and counts nothing."""
    host = SimulatedHost()
    fill(host, 24)
    token = host.publisher.revocations(replace(REVOKED, since=since), seq=4)
    host.serve(host.publisher.certify(host.key, HOST_ID), revocations=token)
    body = workstation(host).ask(NOW)
    if granted:
        answer = ask(host, body)
        assert isinstance(answer, Granted)
        assert answer.revocation_seq == 4
        return
    error = refused(host, body)
    assert isinstance(error, Unavailable)
    assert error.code is Code.HOST_REVOKED
    assert "stolen" in error.detail
    assert host.ledger.rows.logged[-1]["code"] == "host_revoked"
    assert host.ledger.counts(NOW) == {1: 24}


def test_machines_are_told_which_list_this_host_knows() -> None:
    """A list that revokes nothing is not worth their question; without any it is 0 as well."""
    host = SimulatedHost()
    certificate = host.publisher.certify(host.key, HOST_ID)
    another = replace(REVOKED, subject=str(UUID(int=5)))
    told = []
    for token in (None, host.publisher.revocations(seq=6), host.publisher.revocations(another, seq=7)):
        host.serve(certificate, revocations=token)
        answer = ask(host, workstation(host).ask(NOW))
        assert isinstance(answer, Held)
        told.append(answer.body.revocation_seq)
    assert told == [0, 0, 7]


def test_a_list_past_its_next_update_keeps_no_machine_from_its_lease() -> None:
    """The host goes on granting: its publisher may be unreachable for reasons that are nobody's fault."""
    host = SimulatedHost()
    another = replace(REVOKED, subject=str(UUID(int=5)))
    token = host.publisher.revocations(another, iat=NOW - 30 * DAY)
    host.publisher = replace(host.publisher, opened=NOW - 60 * DAY)
    host.serve(host.publisher.certify(host.key, HOST_ID), revocations=token)
    fill(host, 24)
    assert isinstance(ask(host, workstation(host).ask(NOW)), Granted)


class TestWaiting:
    """`Prefer: wait`: recorded first, then held."""

    def test_the_25th_machine_wakes_the_24_that_wait(self) -> None:
        """All of them are granted, and the log says so of each."""

        async def scenario(host: SimulatedHost) -> list[Granted | Held]:
            waiting = [
                asyncio.ensure_future(_ask(host, workstation(host).ask(NOW), wait=60)) for _ in range(24)
            ]
            await asyncio.sleep(0)
            assert not any(one.done() for one in waiting)
            last = await _ask(host, workstation(host).ask(NOW), wait=60)
            return [*await asyncio.gather(*waiting), last]

        host = SimulatedHost()
        answers = asyncio.run(scenario(host))
        assert [type(answer) for answer in answers] == [Granted] * 25
        assert {answer.count for answer in answers if isinstance(answer, Granted)} == {25}
        outcomes = [row["outcome"] for row in host.ledger.rows.logged]
        assert outcomes.count(Outcome.GRANTED) == 25
        assert len(host.desk.room) == 0

    def test_a_request_that_waited_in_vain_may_ask_again_at_once(self) -> None:
        """202 with `Preference-Applied` and `Retry-After: 1`."""
        host = SimulatedHost()

        async def scenario() -> Granted | Held:
            held = asyncio.ensure_future(_ask(host, workstation(host).ask(NOW), wait=60))
            await asyncio.sleep(0)
            (seat,) = host.desk.room
            seat.call(Call.TIME_OVER)
            return await held

        answer = asyncio.run(scenario())
        assert isinstance(answer, Held)
        assert (answer.retry_after, answer.waited) == (RETRY_HELD, 60)

    def test_a_licensed_machine_is_never_held(self) -> None:
        """Its renewal is answered at once: it can wait at home."""
        host = SimulatedHost()
        answer = ask(host, workstation(host).ask(NOW, license_status=LicenseStatus.LICENSED), wait=60)
        assert isinstance(answer, Held)
        assert answer.waited is None

    def test_a_newer_request_of_a_machine_releases_the_older(self) -> None:
        """One held request a machine and product."""
        host = SimulatedHost()
        machine = workstation(host)

        async def scenario() -> Granted | Held:
            older = asyncio.ensure_future(_ask(host, machine.ask(NOW), wait=60))
            await asyncio.sleep(0)
            newer = asyncio.ensure_future(_ask(host, machine.ask(NOW), wait=60))
            await asyncio.sleep(0)
            answer = await older
            assert not newer.done()
            host.desk.close()
            await newer
            return answer

        answer = asyncio.run(scenario())
        assert isinstance(answer, Held)
        assert answer.retry_after == RETRY_HELD

    def test_beyond_the_seats_a_request_comes_back_after_a_minute(self) -> None:
        """The host holds a bounded number; the others are recorded all the same."""
        host = SimulatedHost()
        host.desk.room = WaitingRoom(seats=0)
        answer = ask(host, workstation(host).ask(NOW), wait=60)
        assert isinstance(answer, Held)
        assert (answer.retry_after, answer.waited, answer.body.count) == (RETRY_FULL, None, 1)

    def test_a_stopping_host_lets_everyone_go(self) -> None:
        """Held and new requests come back after five seconds, when it may be up again."""
        host = SimulatedHost()

        async def scenario() -> list[Granted | Held]:
            held = asyncio.ensure_future(_ask(host, workstation(host).ask(NOW), wait=60))
            await asyncio.sleep(0)
            host.desk.close()
            return [await held, await _ask(host, workstation(host).ask(NOW), wait=60)]

        answers = asyncio.run(scenario())
        assert [answer.retry_after for answer in answers if isinstance(answer, Held)] == [RETRY_STOPPING] * 2

    def test_a_lower_threshold_wakes_those_who_reach_it(self) -> None:
        """A new certificate with another policy acts on requests that wait already."""
        host = SimulatedHost()

        async def scenario() -> Granted | Held:
            held = asyncio.ensure_future(_ask(host, workstation(host).ask(NOW), wait=60))
            await asyncio.sleep(0)
            policies = host.publisher.policies
            policies["workstations"] = type(policies["workstations"])(threshold=1)
            host.serve(host.publisher.certify(host.key, HOST_ID))
            return await held

        # The request was recorded under the old terms; its grant is judged under the new ones.
        assert isinstance(asyncio.run(scenario()), Granted)

    def test_whoever_waits_when_the_host_is_revoked_gets_no_lease(self) -> None:
        """The threshold is reached in the same moment: what is known when it wakes decides."""
        host = SimulatedHost()

        async def scenario() -> BaseException | Granted | Held:
            held = asyncio.ensure_future(_ask(host, workstation(host).ask(NOW), wait=60))
            await asyncio.sleep(0)
            host.serve(
                host.publisher.certify(host.key, HOST_ID), revocations=host.publisher.revocations(REVOKED)
            )
            (seat,) = host.desk.room
            seat.call(Call.THRESHOLD)
            (answer,) = await asyncio.gather(held, return_exceptions=True)
            return answer

        answer = asyncio.run(scenario())
        assert isinstance(answer, Unavailable)
        assert answer.code is Code.HOST_REVOKED
        assert [row["outcome"] for row in host.ledger.rows.logged] == [Outcome.WAITING, Outcome.REFUSED]
