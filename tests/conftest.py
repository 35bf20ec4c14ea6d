"""What tests of several folders share."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

from simulators.postgresql import POSTGRESQL_MISSING, PostgreSql, find_programs, postgresql

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

# A busy machine makes an example slow, but no property false.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

_ROOM: Final = Path(__file__)
"""Locked by every process of a run while it is at a test; by that of a test marked `alone`, for itself."""
_DOOR: Final = _ROOM.parent
"""Locked by who is going in: nobody overtakes a test that waits to be alone."""


def pytest_configure() -> None:
    """Tables are as wide as where nobody looks: readline, in the first process, tells its workers of a terminal."""
    os.environ.pop("COLUMNS", None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Outside all that is timed: a test marked `alone` waits until the tests of other processes have ended."""
    with _turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSql]:
    """One PostgreSQL for all tests of a process; each has a database of its own on it."""
    if find_programs() is None:
        pytest.skip(POSTGRESQL_MISSING)
    with postgresql() as server:
        yield server


@contextmanager
def _turn(*, alone: bool) -> Iterator[None]:
    """Any number of tests together, or one that nothing else of the suite disturbs."""
    if sys.platform == "win32":
        yield
        return
    with ExitStack() as room:
        with _locked(_DOOR, fcntl.LOCK_EX):
            room.enter_context(_locked(_ROOM, fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
        yield


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    """The file or folder is locked until the end of the block, or of the process."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
