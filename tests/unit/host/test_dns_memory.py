"""What a host remembers of its publishing, and when it is due again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.name_server import SettingsInMemory
from simulators.publisher import NOW
from tenure.core.policy import DAY
from tenure.host.dns_memory import MEMORY_SETTING, DnsMemory, read_dns_memory, save_dns_memory
from tenure.host.dns_plan import DnsRecord

RECORD = DnsRecord("_tenure._tcp.corp.test", "SRV", "0 0 1688 h.corp.test.", 3600)


def failed(times: int) -> DnsMemory:
    """After so many failures in a row, the last one now."""
    memory = DnsMemory(last_success=NOW - DAY)
    for _ in range(times):
        memory = memory.after("corp.test: no answer", NOW)
    return memory


def test_what_never_happened_is_due_now() -> None:
    """And is no failure."""
    assert DnsMemory().due(NOW) == NOW
    assert not DnsMemory().failed_too_long(NOW)


def test_a_success_is_good_for_a_day() -> None:
    """Whatever was before it."""
    after = failed(5).after("", NOW)
    assert after.due(NOW) == NOW + DAY
    assert (after.failures, after.reason, after.failing_since, after.last_success) == (0, "", None, NOW)
    assert after.last_failure == NOW


@pytest.mark.parametrize(
    ("times", "minutes"),
    [(1, 10), (2, 20), (3, 40), (7, 640), (8, 1280), (9, 1440), (10, 1440), (1000, 1440)],
)
def test_a_failure_is_tried_again_after_ten_minutes_doubling_to_a_day(times: int, minutes: int) -> None:
    """A server that is away for an hour is found soon, one that is gone is not pestered."""
    assert failed(times).due(NOW) == NOW + minutes * 60


@pytest.mark.parametrize("memory", [DnsMemory(last_success=NOW + 1), failed(1)], ids=["success", "failure"])
def test_a_clock_that_was_set_back_makes_it_due(memory: DnsMemory) -> None:
    """Waiting for the old time could take years."""
    assert memory.due(NOW - 5) == NOW - 5


@pytest.mark.parametrize(("later", "warned"), [(DAY, False), (DAY + 1, True)])
def test_over_a_day_of_failures_is_too_long(later: int, *, warned: bool) -> None:
    """Counted from the first one after the last success."""
    first = DnsMemory(last_success=NOW - 99 * DAY).after("why", NOW)
    assert first.after("why", NOW + DAY).failed_too_long(NOW + later) is warned


def test_records_are_kept_by_zone() -> None:
    """None left is no zone left."""
    memory = DnsMemory().with_records("corp.test", [RECORD]).with_records("lab.test", [RECORD])
    assert set(memory.records) == {"corp.test", "lab.test"}
    assert set(memory.with_records("corp.test", []).records) == {"lab.test"}


def test_what_was_saved_is_read_again() -> None:
    """Records and times alike."""
    store = SettingsInMemory()
    memory = failed(2).with_records("corp.test", [RECORD])
    save_dns_memory(memory, store=store)  # type: ignore[arg-type] # the one method that it calls
    assert read_dns_memory(store.kept) == memory


@given(st.text(max_size=60))
def test_what_cannot_be_read_is_nothing_remembered(stored: str) -> None:
    """Whoever wrote it."""
    assert isinstance(read_dns_memory({MEMORY_SETTING: stored}), DnsMemory)
