from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from queue import Queue
from typing import TYPE_CHECKING

import pytest

from tenure.core.errors import Code, Unavailable
from tenure.programs.background import BackgroundJobs, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAY = 86_400.0
SOON = 0.001


@contextmanager
def started(*jobs: Job, grace: float = 10.0) -> Iterator[BackgroundJobs]:
    """The jobs run inside the block."""
    background = BackgroundJobs(jobs, draw=lambda: 0.0, grace=grace)
    background.start()
    try:
        yield background
    finally:
        asyncio.run(background.stop())


def job(run: Callable[[], None], *, every: float = DAY, first_after: float = 0.0) -> Job:
    """A job."""
    return Job(name="the task", run=run, every=every, first_after=first_after)


@pytest.mark.parametrize(
    ("share", "rest"),
    [(0.0, 86_400.0), (0.5, 82_080.0), (0.999_999, 77_760.0)],
    ids=["full", "half", "shortest"],
)
def test_a_rest_is_up_to_a_tenth_shorter_than_the_interval(share: float, rest: float) -> None:
    """Never longer, so what is promised daily is done daily."""
    assert job(lambda: None).rest(share) == pytest.approx(rest, abs=0.1)


def test_a_job_runs_at_once_and_again_after_its_rest() -> None:
    """In a thread of its own, which is not the caller's."""
    ran: Queue[str] = Queue()
    with started(job(lambda: ran.put(threading.current_thread().name), every=SOON)):
        assert [ran.get(timeout=10) for _ in range(3)] == ["the task"] * 3


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            Unavailable(Code.PUBLISHER_UNREACHABLE, "Nobody answers.", "Look at the network."),
            "the task failed and is tried again later: Nobody answers. Look at the network.",
        ),
        (ZeroDivisionError("x"), "a defect of Tenure's own, in the task; it is tried again later"),
    ],
    ids=["a peer's", "ours"],
)
def test_a_failure_is_told_with_its_cure_and_the_job_goes_on(
    error: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever failed: one bad day ends no daily job."""
    ran: Queue[int] = Queue()

    def run() -> None:
        ran.put(1)
        raise error

    with started(job(run, every=SOON)):
        for _ in range(2):
            ran.get(timeout=10)
    assert caplog.messages[0] == told


def test_a_job_that_hangs_keeps_no_other_waiting() -> None:
    """Each has its own thread."""
    release, ran = threading.Event(), threading.Event()

    def hang() -> None:
        release.wait()

    with started(job(hang), job(ran.set)):
        assert ran.wait(10)
        release.set()


def test_stop_wakes_whoever_rests_and_lets_a_run_end() -> None:
    """A job that would rest for a day, one that has not had its first turn, and one that is busy."""
    running, release, ended = threading.Event(), threading.Event(), threading.Event()
    never: Queue[int] = Queue()

    def busy() -> None:
        running.set()
        release.wait()
        ended.set()

    with started(job(busy), job(lambda: None), job(lambda: never.put(1), first_after=DAY)):
        running.wait(10)
        release.set()
    assert ended.is_set()
    assert never.empty()


def test_stop_waits_no_longer_than_its_grace() -> None:
    """A hanging run is left behind: the server ends all the same."""
    running, release = threading.Event(), threading.Event()

    def hang() -> None:
        running.set()
        release.wait()

    before = time.monotonic()
    with started(job(hang), job(hang), grace=0.0):
        running.wait(10)
    assert time.monotonic() - before < 5
    release.set()


def test_what_never_started_can_be_stopped() -> None:
    """A server whose port was taken stops what it had not begun."""
    asyncio.run(BackgroundJobs([job(lambda: None)]).stop())
