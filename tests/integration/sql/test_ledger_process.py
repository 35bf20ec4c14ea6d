"""A ledger in a process of its own: what becomes of it when either side ends."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.sql.ledger_calls import Look, decode_reply, encode, read_message, write_message
from tenure.adapters.sql.ledger_process import LedgerProcess
from tenure.adapters.sql.migrations import History, migrate
from tenure.core.errors import Code, Unavailable, Untrusted
from tenure.host.ledger import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1_800_000_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A new host's database."""
    path = tmp_path / "host.db"
    migrate(path, History.HOST)
    return path


@pytest.fixture
def ledger(database: Path) -> Iterator[LedgerProcess]:
    """A ledger of a pool that nobody has asked for yet."""
    ledger = LedgerProcess(database, lambda: {1: 100})
    yield ledger
    ledger.close()


def refusal(number: int) -> Refusal:
    """A request that was refused, the smallest thing to record."""
    return Refusal(
        now=NOW,
        product_id=b"p" * 16,
        machine_id=number.to_bytes(16),
        request_id=number.to_bytes(16),
        hostname="pc.example",
        address="192.0.2.1",
        code="clock_skew",
    )


def logged(database: Path) -> int:
    """How many requests stand in the log."""
    with closing(sqlite3.connect(database)) as connection:
        (rows,) = connection.execute("SELECT COUNT(*) FROM request_log").fetchone()
    return int(rows)


def test_a_worker_that_was_killed_fails_one_call_and_is_replaced(
    database: Path, ledger: LedgerProcess
) -> None:
    """What was recorded before is there, and what comes after is recorded by another process."""
    ledger.commit([refusal(1)])
    first = ledger.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with pytest.raises(Unavailable) as caught:
        ledger.commit([refusal(2)])
    assert caught.value.code is Code.STORAGE_UNAVAILABLE
    ledger.commit([refusal(3)])
    assert ledger.process_id not in {None, first}
    assert logged(database) == 2


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
    ids=["the terminal's", "systemd's", "a closed terminal's"],
)
def test_a_signal_to_everybody_leaves_the_worker_to_its_server(
    database: Path, ledger: LedgerProcess, number: signal.Signals
) -> None:
    """They signal the whole group; the server still has batches to bring, and ends its worker afterwards."""
    ledger.counts(NOW)  # it answers, so it has set its signals up
    assert ledger.process_id is not None
    os.kill(ledger.process_id, number)
    ledger.commit([refusal(1)])
    assert logged(database) == 1


@pytest.mark.parametrize(
    "last", [b"", b"\x00\x00", b"\x00\x00\x01\x00half"], ids=["nothing", "half a length", "half a call"]
)
def test_a_worker_ends_with_its_server(database: Path, last: bytes) -> None:
    """Its pipe closes when the server ends, also in the middle of a call; it then ends without a word."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tenure.adapters.sql.ledger_worker", str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    write_message(worker.stdin, encode(Look(NOW, {1: 100})))
    reply = read_message(worker.stdout)
    assert reply is not None
    assert decode_reply(reply).counts == {1: 0}
    out, err = worker.communicate(last, timeout=20)
    assert (worker.returncode, out, err) == (0, b"", b"")


def test_another_programs_change_is_seen_with_the_next_batch(database: Path, ledger: LedgerProcess) -> None:
    """Once, and not again before the next change; a ledger's own batches are no change."""
    assert ledger.changed_elsewhere() is False
    ledger.commit([refusal(1)])
    assert ledger.changed_elsewhere() is False
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO setting (name, value) VALUES ('log_days', '30')")
    ledger.commit([refusal(2)])
    assert [ledger.changed_elsewhere() for _ in range(2)] == [True, False]


def test_counts_follow_a_changed_window(database: Path) -> None:
    """A new certificate may bring another window, and rows that were counted are counted anew."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO publisher (id, publisher_id) VALUES (1, x'01')")
        connection.execute("INSERT INTO pool (id, publisher, name) VALUES (1, 1, 'w')")
        connection.executemany(
            "INSERT INTO machine VALUES (1, ?, ?, 0, ?, '', 0)",
            [(bytes([n] * 16), bytes([n] * 16), NOW - 10 * n) for n in (1, 2, 3)],
        )
    windows = {1: 25}
    ledger = LedgerProcess(database, lambda: windows)
    try:
        assert ledger.counts(NOW) == {1: 2}
        windows = {1: 100}
        assert ledger.counts(NOW) == {1: 3}
        assert ledger.newest_row == NOW - 10
    finally:
        ledger.close()


def test_a_damaged_file_is_told_as_such(tmp_path: Path) -> None:
    """The error crosses the pipe with its code and its cure."""
    path = tmp_path / "host.db"
    path.write_bytes(b"no database at all" * 100)
    ledger = LedgerProcess(path, lambda: {1: 100})
    try:
        with pytest.raises(Untrusted) as caught:
            ledger.counts(NOW)
    finally:
        ledger.close()
    assert caught.value.code is Code.STATE_DAMAGED
    assert "backup" in caught.value.cure


def test_a_message_arrives_whole_or_not_at_all() -> None:
    """A pipe that ends within a message ends the conversation."""
    pipe = io.BytesIO()
    write_message(pipe, b"a message")
    whole = pipe.getvalue()
    assert read_message(io.BytesIO(whole)) == b"a message"
    assert [read_message(io.BytesIO(whole[:cut])) for cut in range(len(whole))] == [None] * len(whole)
