from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.publisher import NOW, SimulatedPublisher
from simulators.world import MAK, World, status_of
from tenure.client.state import ClientState, HeldGrant
from tenure.client.status import HostSource
from tenure.core.errors import Code
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY


def _activated() -> World:
    world = World()
    world.install()
    world.activation.activate(world.product_id)
    return world


def test_an_empty_machine_is_unlicensed() -> None:
    """Without a key there is no license and nothing that ends."""
    status = status_of(ClientState(), None, fingerprint=None, now=NOW)
    assert (status.license_status, status.reason) == (LicenseStatus.UNLICENSED, "no_key")
    assert status.minutes_remaining is None
    assert status.machine_id is None


@pytest.mark.parametrize(
    ("days", "seconds", "expected", "reason"),
    [
        pytest.param(0, 0, LicenseStatus.LICENSED, "activated", id="day 0"),
        pytest.param(180, -1, LicenseStatus.LICENSED, "activated", id="a second before day 180"),
        pytest.param(180, 0, LicenseStatus.NOTIFICATION, "lease_expired", id="day 180"),
        pytest.param(250, -1, LicenseStatus.NOTIFICATION, "lease_expired", id="a second before day 250"),
        pytest.param(250, 0, LicenseStatus.REDUCED_FUNCTIONALITY, "lease_expired", id="day 250"),
    ],
)
def test_a_lease_ends_to_the_second(days: int, seconds: int, expected: LicenseStatus, reason: str) -> None:
    """`licensed` for 180 days, `notification` for 70, then `reduced_functionality`."""
    world = _activated()
    world.now = NOW + days * DAY + seconds
    assert (world.status.license_status, world.status.reason) == (expected, reason)


@pytest.mark.parametrize(
    ("days", "seconds", "warning"), [(150, -1, False), (150, 0, True), (180, -1, True), (180, 0, False)]
)
def test_the_last_thirty_days_warn(days: int, seconds: int, warning: bool) -> None:  # noqa: FBT001 - a table
    """From 30 days before the end, and no longer when it has ended."""
    world = _activated()
    world.now = NOW + days * DAY + seconds
    assert world.status.warning is warning


def test_a_publisher_s_grace_counts_before_the_first_lease() -> None:
    """The catalog's policy is used until a certificate brings one."""
    publisher = SimulatedPublisher()
    publisher.policies["workstations"] = replace(publisher.policies["workstations"], grace_days=30)
    world = World(publisher=publisher)
    world.install()
    assert world.status.license_status is LicenseStatus.INITIAL_GRACE
    world.now = NOW + 30 * DAY
    assert (world.status.license_status, world.status.reason) == ("notification", "not_activated")


def test_the_certificate_s_later_end_does_not_end_the_lease() -> None:
    """A host certificate that ran out the day after the grant changes nothing for 180 days."""
    world = World(publisher=SimulatedPublisher(opened=NOW - 800 * DAY))
    host = world.install()
    host.certificate = world.publisher.certify(host.key, host.host_id, iat=NOW - 730 * DAY + 10)
    world.activation.activate(world.product_id)
    world.now = NOW + 179 * DAY
    assert world.status.license_status is LicenseStatus.LICENSED


def _without(part: str, state: ClientState) -> ClientState:
    (product_id,) = state.products
    held = state.leases[product_id]
    match part:
        case "catalog":
            return replace(state, catalogs={})
        case "signature":
            return state.with_lease(product_id, replace(held, lease=held.lease[:-9] + "AAAAAAAAA"))
        case "lease":
            return state.with_lease(product_id, replace(held, lease="nonsense"))
        case _:
            return state.with_lease(product_id, replace(held, certificate="a.b.c"))


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("catalog", Code.CHAIN_BROKEN),
        ("signature", None),
        ("lease", Code.DOCUMENT_MALFORMED),
        ("certificate", Code.DOCUMENT_MALFORMED),
    ],
)
def test_a_stored_lease_that_does_not_verify_counts_as_none(part: str, code: Code | None) -> None:
    """The reason is the code of what is wrong with it, and the machine is not `licensed`."""
    world = _activated()
    state = _without(part, world.store.load())
    status = status_of(state, world.product_id, fingerprint=world.fingerprint, now=NOW)
    assert status.license_status is LicenseStatus.NOTIFICATION
    assert status.problem is not None
    assert status.reason == status.problem.code.value
    assert code is None or status.problem.code is code
    assert status.lease_id is None


def test_a_lease_of_another_product_is_none() -> None:
    """A lease file that was copied to another product's name proves nothing for it."""
    world = _activated()
    world.install_key_of(world.publisher.server.generic_keys[0])
    server = world.publisher.server.product_id
    state = world.store.load()
    state = state.with_lease(server, state.leases[world.product_id])
    status = status_of(state, server, fingerprint=world.fingerprint, now=NOW)
    assert (status.license_status, status.reason) == (LicenseStatus.NOTIFICATION, "lease_invalid")


def _activated_for_good() -> World:
    world = World()
    world.install_key_of(MAK.text)
    world.grants.activate(world.product_id)
    return world


@pytest.mark.parametrize("part", ["catalog", "signature", "grant", "another product's"])
def test_a_stored_grant_that_does_not_verify_counts_as_none(part: str) -> None:
    """The reason is the code of what is wrong with it, and the machine is as one that was never activated."""
    world = _activated_for_good()
    state = world.store.load()
    product_id = world.product_id
    (held,) = state.grants.values()
    match part:
        case "catalog":
            state = replace(state, catalogs={})
        case "signature":
            state = state.with_grant(product_id, replace(held, grant=held.grant[:-9] + "AAAAAAAAA"))
        case "grant":
            state = state.with_grant(product_id, HeldGrant(grant="nonsense"))
        case _:
            world.install_key_of(world.publisher.server.generic_keys[0])
            product_id = world.publisher.server.product_id
            state = world.store.load().with_grant(product_id, held)
    status = status_of(state, product_id, fingerprint=world.fingerprint, now=NOW)
    assert status.license_status is LicenseStatus.NOTIFICATION
    assert status.problem is not None
    assert status.reason == status.problem.code.value
    assert status.activation_id is None


def test_a_grant_counts_before_a_lease_and_a_lease_instead_of_a_bad_grant() -> None:
    """Both lie there when a process died between two files: what verifies counts, the grant first."""
    world = _activated()
    lease = world.store.load().leases
    world.install_key_of(MAK.text)
    world.grants.activate(world.product_id)
    both = replace(world.store.load(), leases=lease)
    status = status_of(both, world.product_id, fingerprint=world.fingerprint, now=NOW)
    assert (status.for_good, status.lease_id) == (True, None)
    bad = replace(both, grants={world.product_id: HeldGrant(grant="nonsense")})
    status = status_of(bad, world.product_id, fingerprint=world.fingerprint, now=NOW)
    assert (status.license_status, status.for_good, status.problem) == (LicenseStatus.LICENSED, False, None)


def test_a_machine_with_a_mak_has_no_host() -> None:
    """Whatever hosts are set: its publisher activates it."""
    world = World()
    world.install()
    assert world.status.host is not None
    world.install_key_of(MAK.text)
    assert world.status.host is None


def test_no_fingerprint_is_a_changed_machine() -> None:
    """A state folder whose installation id is gone does not vouch for its lease."""
    world = _activated()
    status = status_of(world.store.load(), world.product_id, fingerprint=None, now=NOW)
    assert (status.license_status, status.reason) == (LicenseStatus.NOTIFICATION, "machine_changed")


def test_the_lease_s_own_time_counts_when_the_machine_s_file_is_lost() -> None:
    """A clock before the lease's `iat` is never believed, also without a highest time."""
    world = _activated()
    state = replace(world.store.load(), machine=None)
    status = status_of(state, world.product_id, fingerprint=world.fingerprint, now=NOW - 100 * DAY)
    assert status.minutes_remaining == 180 * 1440
    assert status.clock_moved_back


def test_the_host_shown_is_the_one_that_granted_unless_others_were_set() -> None:
    """After `set-host` the new one; after `clear-host` the one that granted, which is set no more."""
    world = World(dead={"a.example"})
    world.install(["a.example", "b.example"])
    world.activation.activate(world.product_id)
    assert world.status.host is not None
    assert world.status.host.text == "b.example:1688"
    world.install(["c.example"])
    assert world.status.host.text == "c.example:1688"
    assert world.status.host_source is HostSource.SET
    state = world.store.load()
    assert state.machine is not None
    cleared = state.with_machine(replace(state.machine, hosts=()))
    status = status_of(cleared, world.product_id, fingerprint=world.fingerprint, now=NOW)
    assert status.host is not None
    assert (status.host.text, status.host_source) == ("b.example:1688", None)
