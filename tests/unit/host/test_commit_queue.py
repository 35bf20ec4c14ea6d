"""Group commit: requests that arrive together share a transaction, and a full queue refuses at once."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from simulators.publisher import NOW
from tenure.core.errors import Code, TenureError, Unavailable
from tenure.host import commit_queue
from tenure.host.commit_queue import BATCH_LIMIT, QUEUE_LIMIT, CommitQueue
from tenure.host.ledger import Outcome, Receipt, Refusal
from tenure.host.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tenure.host.ledger import Entry


class ScriptedLedger:
    """A ledger whose commits wait for a gate and can be told to fail."""

    def __init__(self) -> None:
        """Open, and working."""
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.batches: list[int] = []
        self.tidied: list[tuple[Retention, int]] = []
        self.error: Exception | None = None
        self.changed = False
        self.newest_row = 0

    def commit(self, batch: Sequence[Entry | Refusal]) -> list[Receipt | None]:
        """Record how large the batch was."""
        self.entered.set()
        self.gate.wait()
        if self.error is not None:
            raise self.error
        self.batches.append(len(batch))
        return [Receipt(Outcome.WAITING, sum(self.batches))] * len(batch)

    def counts(self, now: int) -> dict[int, int]:  # noqa: ARG002 - a port's method
        """One pool, counting commits."""
        return {1: sum(self.batches)}

    def tidy(self, retention: Retention, now: int) -> None:
        """Record that it was asked, and for what."""
        self.tidied.append((retention, now))

    def changed_elsewhere(self) -> bool:
        """Once after it was set."""
        changed, self.changed = self.changed, False
        return changed

    def close(self) -> None:
        """Nothing is open."""


def refusal() -> Refusal:
    """The smallest entry."""
    return Refusal(now=NOW, product_id=b"", machine_id=b"", request_id=b"", hostname="", address="", code="x")


class Scenario:
    """A queue over a scripted ledger, and what it told."""

    def __init__(self, *, shared: bool = False) -> None:
        """Nothing was told yet."""
        self.ledger = ScriptedLedger()
        self.counts: list[dict[int, int]] = []
        self.told = asyncio.Event()
        self.reloads = 0
        self.failing_reloads = 0
        """How many reloads fail before one succeeds."""
        self.elapsed = 1_000.0
        self.queue = CommitQueue(
            self.ledger,
            lambda: NOW,
            elapsed=lambda: self.elapsed,
            reload=self._reload,
            retention=Retention,
            on_counts=self._on_counts,
            shared=shared,
        )

    def run(self, scenario: Callable[[], Awaitable[None]]) -> None:
        """Run a scenario between the queue's start and stop."""

        async def whole() -> None:
            self.queue.start()
            try:
                await scenario()
            finally:
                self.ledger.gate.set()
                await self.queue.stop()

        asyncio.run(whole())

    def _reload(self) -> bool:
        self.reloads += 1
        return self.reloads > self.failing_reloads

    def _on_counts(self, counts: dict[int, int], _newest: int) -> None:
        self.counts.append(counts)
        self.told.set()


@pytest.fixture
def scenario() -> Scenario:
    """A queue that has not started."""
    return Scenario()


def test_what_queues_during_a_commit_shares_the_next_transaction(scenario: Scenario) -> None:
    """While the disk is busy, requests gather; they become one batch, at most `BATCH_LIMIT` of them."""

    async def steps() -> None:
        scenario.ledger.gate.clear()
        first = scenario.queue.submit(refusal())
        await asyncio.to_thread(scenario.ledger.entered.wait)
        rest = [scenario.queue.submit(refusal()) for _ in range(BATCH_LIMIT + 3)]
        scenario.ledger.gate.set()
        await asyncio.gather(first, *rest)

    scenario.run(steps)
    assert scenario.ledger.batches == [1, BATCH_LIMIT, 3]


def test_the_event_loop_learns_the_counts_after_each_batch(scenario: Scenario) -> None:
    """They arrive with the receipts, without another read."""

    async def steps() -> None:
        await scenario.queue.submit(refusal())
        await scenario.told.wait()

    scenario.run(steps)
    assert scenario.counts == [{1: 1}]


def test_a_full_queue_refuses_at_once(scenario: Scenario) -> None:
    """`overloaded`, before memory grows; what was accepted is still recorded."""

    async def steps() -> None:
        scenario.ledger.gate.clear()
        first = scenario.queue.submit(refusal())
        await asyncio.to_thread(scenario.ledger.entered.wait)
        accepted = [scenario.queue.submit(refusal()) for _ in range(QUEUE_LIMIT)]
        with pytest.raises(Unavailable) as caught:
            scenario.queue.submit(refusal())
        assert caught.value.code is Code.OVERLOADED
        scenario.ledger.gate.set()
        await asyncio.gather(first, *accepted)

    scenario.run(steps)
    assert sum(scenario.ledger.batches) == QUEUE_LIMIT + 1


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Unavailable(Code.STORAGE_UNAVAILABLE, "full"), id="storage"),
        pytest.param(TenureError(Code.STATE_DAMAGED, "damaged"), id="damage"),
        pytest.param(ValueError("a defect"), id="a-defect-of-ours"),
    ],
)
def test_everyone_in_a_failed_batch_is_told_and_the_queue_goes_on(
    scenario: Scenario, error: Exception
) -> None:
    """`storage_unavailable` for each; the next request is recorded once the storage works again."""

    async def steps() -> None:
        scenario.ledger.error = error
        answers = await asyncio.gather(
            *(scenario.queue.submit(refusal()) for _ in range(3)), return_exceptions=True
        )
        assert [getattr(answer, "code", None) for answer in answers] == [Code.STORAGE_UNAVAILABLE] * 3
        scenario.ledger.error = None
        await scenario.queue.submit(refusal())

    scenario.run(steps)
    assert scenario.ledger.batches == [1]


def test_a_failure_is_logged_once_and_so_is_its_end(
    scenario: Scenario, caplog: pytest.LogCaptureFixture
) -> None:
    """A storage that is away for an hour does not fill the log."""

    async def steps() -> None:
        for error in [Unavailable(Code.STORAGE_UNAVAILABLE, "full")] * 3 + [None, None]:
            scenario.ledger.error = error
            await asyncio.gather(scenario.queue.submit(refusal()), return_exceptions=True)

    scenario.run(steps)
    assert [record.getMessage() for record in caplog.records] == [
        "requests cannot be recorded: full",
        "requests are recorded again",
    ]


def test_stopping_records_what_was_queued(scenario: Scenario) -> None:
    """Nothing that was accepted is dropped."""
    futures: list[asyncio.Future[Receipt | None]] = []

    async def steps() -> None:
        scenario.ledger.gate.clear()
        futures.extend(scenario.queue.submit(refusal()) for _ in range(5))

    scenario.run(steps)
    assert sum(scenario.ledger.batches) == 5


def test_a_change_by_another_program_is_reloaded_before_the_next_commit(scenario: Scenario) -> None:
    """Admin commands take effect without a restart, within a second even when nobody asks."""

    async def steps() -> None:
        scenario.ledger.changed = True
        await asyncio.wait_for(scenario.told.wait(), commit_queue.POLL_SECONDS * 5)

    scenario.run(steps)
    assert scenario.reloads == 1


def test_a_change_that_could_not_be_read_is_read_later(scenario: Scenario) -> None:
    """It is told once; the queue asks again until it knows."""
    scenario.failing_reloads = 2

    async def steps() -> None:
        scenario.ledger.changed = True
        while scenario.reloads < 3:
            await scenario.queue.submit(refusal())

    scenario.run(steps)
    assert scenario.reloads == 3


def test_where_hosts_share_a_count_it_is_told_twice_a_second() -> None:
    """Although nothing is recorded here: a notice that was lost costs those who wait half a second."""
    scenario = Scenario(shared=True)

    async def steps() -> None:
        for _ in range(2):
            scenario.told.clear()
            await asyncio.wait_for(scenario.told.wait(), commit_queue.SHARED_POLL_SECONDS * 10)

    scenario.run(steps)
    assert scenario.counts[:2] == [{1: 0}, {1: 0}]


def test_a_notice_of_another_host_is_told_at_once() -> None:
    """Faster than the queue would look by itself."""
    scenario = Scenario(shared=True)

    async def steps() -> None:
        began = asyncio.get_running_loop().time()
        for _ in range(5):
            scenario.told.clear()
            scenario.queue.recount()
            await scenario.told.wait()
        assert asyncio.get_running_loop().time() - began < 5 * commit_queue.SHARED_POLL_SECONDS

    scenario.run(steps)


def test_before_its_start_a_queue_records_nothing(scenario: Scenario) -> None:
    """It says so instead of keeping a request that nobody would record."""
    with pytest.raises(Unavailable) as caught:
        scenario.queue.submit(refusal())
    assert caught.value.code is Code.STORAGE_UNAVAILABLE


def test_old_rows_are_let_go_once_a_second_and_no_oftener(scenario: Scenario) -> None:
    """Many batches within one second are followed by one small step, the first after it by another."""

    async def steps() -> None:
        for _ in range(5):
            await scenario.queue.submit(refusal())
        assert scenario.ledger.tidied == [(Retention(), NOW)]
        scenario.elapsed += 1
        await scenario.queue.submit(refusal())

    scenario.run(steps)
    assert scenario.ledger.tidied == [(Retention(), NOW)] * 2


def test_a_thread_that_hangs_in_the_ledger_is_busy_for_ever_longer(scenario: Scenario) -> None:
    """Whoever watches sees it; when the disk answers again, all is well."""
    seen: list[float] = [scenario.queue.busy_for()]

    async def steps() -> None:
        scenario.ledger.gate.clear()
        hanging = scenario.queue.submit(refusal())
        await asyncio.to_thread(scenario.ledger.entered.wait)
        for _ in range(2):
            scenario.elapsed += 60
            seen.append(scenario.queue.busy_for())
        scenario.ledger.gate.set()
        await hanging
        await scenario.queue.submit(refusal())
        seen.append(scenario.queue.busy_for())

    scenario.run(steps)
    assert seen == [0, 60, 120, 0]
