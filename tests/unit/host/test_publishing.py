"""Publishing and taking back, against a DNS server in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulators.name_server import MemoryNameServer, SettingsInMemory
from simulators.publisher import NOW
from tenure.core.errors import Code, Refused, TenureError, Unavailable, UsageError
from tenure.host import publishing
from tenure.host.dns_memory import read_dns_memory
from tenure.host.dns_options import DnsOptions
from tenure.host.dns_plan import DnsPlan, DnsRecord, make_plan
from tenure.host.publishing import failure, remember_attempt

if TYPE_CHECKING:
    from tenure.host.publishing import ZoneOutcome

OTHERS = DnsRecord("_tenure._tcp.corp.test", "SRV", "0 0 1688 other.corp.test.", 3600)
REFUSED = Refused(Code.DNS_UPDATE_FAILED, "It refuses.")
SILENT = Unavailable(Code.DNS_UNAVAILABLE, "No answer.")
FAILED = Unavailable(Code.DNS_UPDATE_FAILED, "The zone is frozen.")
OWN = "_tenure._tcp.corp.test. 3600 IN SRV 0 0 1688 h.corp.test."
ADDRESS = "h.corp.test. 3600 IN A 10.0.0.5"


class Site:
    """A host, and a DNS server at which another host stands already."""

    def __init__(self, **server: Any) -> None:
        """Nothing was published by this host."""
        self.server = MemoryNameServer(held=[OTHERS], **server)
        self.store = SettingsInMemory()

    def plan(self, *zones: str, **said: Any) -> DnsPlan:
        """The host h.corp.test, in corp.test unless zones are named."""
        return make_plan(
            DnsOptions(zones=zones or ("corp.test",), target="h.corp.test", **said),
            own_name=str,
            own_address=str,
            listening_port=1688,
        )

    def publish(self, *zones: str, **said: Any) -> tuple[ZoneOutcome, ...]:
        """What became of publishing."""
        return publishing.publish(self.plan(*zones, **said), server=self.server, store=self.store)  # type: ignore[arg-type] # the two methods that it calls

    def retire(self, *zones: str, **said: Any) -> tuple[ZoneOutcome, ...]:
        """What became of taking back."""
        return publishing.retire(self.plan(*zones, **said), server=self.server, store=self.store)  # type: ignore[arg-type] # as above

    @property
    def remembered(self) -> set[str]:
        """The lines that the host takes for its own."""
        records = read_dns_memory(self.store.kept).records
        return {record.line for zone in records.values() for record in zone}


def test_a_host_stands_beside_the_others() -> None:
    """All of them are told, as the server has them now."""
    site = Site()
    (outcome,) = site.publish()
    assert site.server.lines == {OTHERS.line, OWN}
    assert [record.target for record in outcome.records] == ["other.corp.test", "h.corp.test"]
    assert [record.line for record in outcome.added] == [OWN]
    assert (outcome.name, outcome.removed, outcome.error) == ("_tenure._tcp.corp.test", (), None)
    assert site.remembered == {OWN}


def test_publishing_again_changes_nothing() -> None:
    """It is repeated each day."""
    site = Site()
    site.publish()
    site.publish()
    assert site.server.lines == {OTHERS.line, OWN}
    assert site.server.updates[-1] == ((), (OWN,))


@pytest.mark.parametrize(
    "said", [{"port": 1700}, {"priority": 1}, {"weight": 9}, {"label": "_x"}, {"ttl": 60}], ids=str
)
def test_a_changed_record_replaces_the_one_before(said: dict[str, Any]) -> None:
    """In one update, so that no machine finds neither; a new time to live alone makes no other record."""
    site = Site()
    site.publish()
    site.publish(**said)
    assert len(site.server.lines) == 2
    removed, (added,) = site.server.updates[-1]
    assert removed == (() if "ttl" in said else (OWN,))
    assert site.server.lines == {OTHERS.line, added}
    assert site.remembered == {added}


def test_addresses_come_and_go_with_the_record() -> None:
    """A new one replaces the one that was published before."""
    site = Site()
    (outcome,) = site.publish(addresses=("10.0.0.5",))
    assert outcome.addresses == ("10.0.0.5",)
    site.publish(addresses=("10.0.0.6", "fd00::6"))
    assert site.server.addresses("h.corp.test") == ("10.0.0.6", "fd00::6")
    site.retire()
    assert site.server.lines == {OTHERS.line}


def test_an_address_that_somebody_else_entered_stays() -> None:
    """DHCP or an administrator did: this host neither claims it nor takes it away."""
    site = Site()
    site.server.held.append(DnsRecord("h.corp.test", "A", "10.0.0.5", 3600))
    site.publish(addresses=("10.0.0.5",))
    site.publish(addresses=("10.0.0.5", "10.0.0.6"))
    assert site.remembered == {OWN, "h.corp.test. 3600 IN A 10.0.0.6"}
    site.retire()
    assert site.server.lines == {OTHERS.line, ADDRESS}


def test_a_target_without_an_address_is_told() -> None:
    """An empty list where the server could know, None where it could not."""
    site = Site(zones=("corp.test", "lab.test"))
    here, elsewhere = site.publish("corp.test", "lab.test")
    assert (here.addresses, elsewhere.addresses) == ((), None)


def test_a_domain_within_a_zone_is_published_in_the_zone() -> None:
    """Machines look in sub.corp.test, and the zone is corp.test."""
    site = Site()
    (outcome,) = site.publish("sub.corp.test")
    assert outcome.error is None
    assert "_tenure._tcp.sub.corp.test. 3600 IN SRV 0 0 1688 h.corp.test." in site.server.lines


def test_a_zone_for_the_service_alone_holds_no_addresses() -> None:
    """It was delegated to a server that takes updates; the host's name stands elsewhere."""
    site = Site(zones=("_tenure._tcp.corp.test",))
    (refused,) = site.publish(addresses=("10.0.0.5",))
    assert isinstance(refused.error, UsageError)
    assert "--no-addresses" in refused.error.cure
    assert site.server.lines == {OTHERS.line}
    (outcome,) = site.publish()
    assert (outcome.error, outcome.addresses) == (None, None)
    assert site.server.lines == {OTHERS.line, OWN}


def test_taking_back_leaves_the_others() -> None:
    """Only what is this host's goes, and it is forgotten."""
    site = Site()
    site.publish()
    (outcome,) = site.retire()
    assert site.server.lines == {OTHERS.line}
    assert [record.target for record in outcome.records] == ["other.corp.test"]
    assert [record.line for record in outcome.removed] == [OWN]
    assert site.remembered == set()


def test_a_record_that_was_entered_by_hand_is_taken_back_too() -> None:
    """It is exactly the one that this host would publish."""
    site = Site()
    site.server.held.append(site.plan().service_record("corp.test"))
    site.retire()
    assert site.server.lines == {OTHERS.line}


def test_taking_back_twice_is_no_error() -> None:
    """There is nothing any more, so nothing is asked to be changed."""
    site = Site()
    site.publish()
    site.retire()
    (outcome,) = site.retire()
    assert (outcome.error, outcome.removed) == (None, ())
    assert len(site.server.updates) == 2


def test_after_taking_back_publishing_is_due_at_once() -> None:
    """Not a day after the last time."""
    site = Site()
    site.publish()
    remember_attempt("", store=site.store, now=NOW)  # type: ignore[arg-type] # as above
    assert read_dns_memory(site.store.kept).due(NOW) > NOW
    site.retire()
    assert read_dns_memory(site.store.kept).due(NOW) == NOW


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        pytest.param(REFUSED, set(), id="refused: nothing was done"),
        pytest.param(SILENT, {OWN}, id="no answer: it may have been done"),
    ],
)
def test_what_may_be_there_is_remembered(error: TenureError, kept: set[str]) -> None:
    """An answer that was lost must not leave a record behind that nobody takes back."""
    site = Site(refusing={"corp.test": error})
    (outcome,) = site.publish()
    assert outcome.error is error
    assert site.remembered == kept


def test_one_zones_failure_keeps_no_other_from_its_turn() -> None:
    """Both are told, and the failure is the reason."""
    site = Site(zones=("corp.test", "lab.test"), refusing={"lab.test": FAILED})
    lab, corp, none = site.publish("lab.test", "corp.test", "else.test")
    assert (lab.error, corp.error) == (FAILED, None)
    assert none.error is not None
    assert OWN in site.server.lines
    assert failure((lab, corp)) == "lab.test: The zone is frozen."
    assert failure((corp,)) == ""


def test_a_silent_server_is_not_waited_for_again() -> None:
    """Thirty zones would be thirty times five seconds."""
    site = Site(failing={"_tenure._tcp.corp.test": SILENT})
    outcomes = site.publish("corp.test", "lab.test", "else.test")
    assert [outcome.error for outcome in outcomes] == [SILENT] * 3
    assert site.server.asked == ["_tenure._tcp.corp.test"]


def test_an_update_that_was_taken_and_did_nothing_is_an_error() -> None:
    """As it is where the service's name is an alias."""
    site = Site(aliases={"_tenure._tcp.corp.test"})
    (outcome,) = site.publish()
    assert isinstance(outcome.error, Refused)
    assert "CNAME" in outcome.error.cure


@pytest.mark.parametrize(("reason", "failures"), [("", 0), ("corp.test: No answer.", 1)])
def test_an_attempt_is_remembered(reason: str, failures: int) -> None:
    """Beside the records."""
    site = Site()
    site.publish()
    remember_attempt(reason, store=site.store, now=NOW)  # type: ignore[arg-type] # as above
    memory = read_dns_memory(site.store.kept)
    assert (memory.reason, memory.failures) == (reason, failures)
    assert site.remembered == {OWN}
