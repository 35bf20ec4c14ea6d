"""Thirty machines, three hosts and one name server: everything real, on a network of its own, told only a DNS domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.bind import BIND_MISSING, NAMED
from simulators.own_network import needs_own_network
from simulators.site import SERVICE, Site, SiteHost, SiteMachine, on_all, site

if TYPE_CHECKING:
    from pathlib import Path

    from simulators.processes import Finished

pytestmark = pytest.mark.real

ALL, THRESHOLD = 30, 25


def install(machine: SiteMachine, corp: Site) -> Finished:
    """What an image does: the product's public key, and the catalog that came with the product."""
    return machine.done("client", "install-key", corp.generic_key, "--catalog", str(corp.catalog))


def renew(machine: SiteMachine) -> Finished:
    """As the agent does, only now."""
    return machine("client", "renew", "--json")


def assert_counted_at(host: SiteHost, told: Finished) -> None:
    """The renewal went to this host, which counted the machine and is still short; the machine stays licensed."""
    assert (told.exit_code, told.json["error"]["code"]) == (3, "count_insufficient"), told.err
    assert f"Host {host.target} counts" in told.json["error"]["detail"]
    assert told.json["license_status"] == "licensed"


@pytest.mark.timeout(300)
def test_machines_find_their_hosts_by_dns_alone(tmp_path: Path) -> None:
    """They activate at the preferred host, renew at the other when it dies, go to a better one, and say when none is left."""
    if NAMED is None:
        pytest.skip(BIND_MISSING)
    needs_own_network()
    with site(tmp_path) as corp:
        # Two hosts publish themselves, and administrators see both.
        preferred, other = corp.host("host1"), corp.host("host2")
        preferred.publish(priority=10)
        other.publish(priority=20)
        record1, record2 = "10 0 1688 host1.corp.test.", "20 0 1688 host2.corp.test."
        assert corp.published() == {record1, record2}

        # Thirty machines activate at the preferred host, the early ones as soon as the 25th has come.
        machines = [corp.machine(f"pc-{number}") for number in range(1, ALL + 1)]
        on_all(machines, lambda machine: install(machine, corp))
        activated = on_all(
            machines,
            lambda machine: machine.done("client", "activate", "--wait", "90", "--json"),
            at_a_time=ALL,
        )
        assert {told.json["host"] for told in activated} == {preferred.target}
        assert {told.json["host_source"] for told in activated} == {"dns"}
        assert len({told.json["machine_id"] for told in activated}) == ALL
        assert {machine.lease_of for machine in machines} == {preferred.host_id}

        # The preferred host is killed: all thirty renew at the other one. That counts for itself, so those who ask
        # before its 25th machine keep the lease that they have, and get theirs when they ask again.
        preferred.kill()
        first = dict(zip(machines, on_all(machines, renew), strict=True))
        early = [machine for machine, told in first.items() if told.exit_code != 0]
        assert len(early) == THRESHOLD - 1
        for machine in early:
            assert_counted_at(other, first[machine])
            assert machine.lease_of == preferred.host_id
        assert [told.exit_code for told in on_all(early, renew)] == [0] * len(early)
        assert {machine.lease_of for machine in machines} == {other.host_id}

        # It comes back, with all that it had counted: the next renewals go there again.
        preferred.serve()
        some = machines[:3]
        assert [told.exit_code for told in on_all(some, renew)] == [0] * len(some)
        assert {machine.lease_of for machine in some} == {preferred.host_id}

        # A third one is published with a better priority: the next renewals go there, from wherever the lease is.
        best = corp.host("host3")
        best.publish(priority=0)
        record3 = "0 0 1688 host3.corp.test."
        assert corp.published() == {record1, record2, record3}
        for machine in (machines[0], machines[-1]):
            assert_counted_at(best, renew(machine))

        # One host after the other is retired.
        for host, left in ((best, {record1, record2}), (preferred, {record2}), (other, set())):
            host.retire()
            assert corp.published() == left

        # Now nobody finds a host, whether it had one before or not; who is licensed stays so.
        newcomer = corp.machine("newcomer")
        install(newcomer, corp)
        for told, status in (
            (newcomer("client", "activate", "--json"), "notification"),
            (renew(machines[0]), "licensed"),
        ):
            error = told.json["error"]
            assert (told.exit_code, error["code"], error["hresult"]) == (4, "dns_no_record", "0x8007232B")
            assert SERVICE in error["detail"]
            assert told.json["license_status"] == status
