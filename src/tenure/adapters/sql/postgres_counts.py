"""The counts that hosts share, kept in the database beside the rows that they count (docs/adr/0012).

A row of `window_count` says how many machines of a pool were last seen after a moment, `since`. Moving that moment
to the start of the window costs a look at the machines that leave it (or come back, when a clock or a window went
back), and each machine leaves once a visit: so neither a request nor a count looks at every machine, and a count
is exact to the second. There is a row for each window that a pool is counted by: hosts may hold certificates with different ones.

Whoever else changes rows of `machine` deletes the pool's rows of `window_count`: they are made anew when they are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.adapters.sql.postgres_arrays import BatchStatement, Element, array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from psycopg import Connection

    from tenure.host.ledger import PoolTerms

LOCK_POOLS: Final = "SELECT id FROM pool WHERE id = ANY(%b::int[]) ORDER BY id FOR NO KEY UPDATE"
"""Whoever changes machines of a pool holds its lock; taken in the order of the pools, so that none waits in a circle."""
_MAKE: Final = """
INSERT INTO window_count (pool, window_seconds, since, machines)
SELECT b.pool, b.window_seconds, %(now)b::bigint - b.window_seconds,
  (SELECT count(*) FROM machine m WHERE m.pool = b.pool AND m.last_seen > %(now)b::bigint - b.window_seconds)
FROM unnest(%(pools)b::int[], %(windows)b::bigint[]) AS b (pool, window_seconds)
WHERE NOT EXISTS (SELECT FROM window_count w WHERE w.pool = b.pool AND w.window_seconds = b.window_seconds)
"""
_MOVE: Final = """
UPDATE window_count w SET since = %(now)b::bigint - w.window_seconds, machines = w.machines
  - (SELECT count(*) FROM machine m
     WHERE m.pool = w.pool AND m.last_seen > w.since AND m.last_seen <= %(now)b::bigint - w.window_seconds)
  + (SELECT count(*) FROM machine m
     WHERE m.pool = w.pool AND m.last_seen > %(now)b::bigint - w.window_seconds AND m.last_seen <= w.since)
WHERE w.pool = ANY(%(pools)b::int[])
RETURNING w.pool, w.window_seconds, w.since, w.machines
"""
_SAVE: Final = BatchStatement("""
UPDATE window_count w SET machines = b.machines
FROM unnest(%b::int[], %b::bigint[], %b::bigint[]) AS b (pool, window_seconds, machines)
WHERE w.pool = b.pool AND w.window_seconds = b.window_seconds
""")
# As `_MOVE`, without moving anything; a row that is missing counts nobody since the end of time.
_READ: Final = """
SELECT b.pool, coalesce(w.machines, 0)
  - (SELECT count(*) FROM machine m
     WHERE m.pool = b.pool AND m.last_seen > w.since AND m.last_seen <= %(now)b::bigint - b.window_seconds)
  + (SELECT count(*) FROM machine m
     WHERE m.pool = b.pool AND m.last_seen > %(now)b::bigint - b.window_seconds
       AND m.last_seen <= coalesce(w.since, 9223372036854775807))
FROM unnest(%(pools)b::int[], %(windows)b::bigint[]) AS b (pool, window_seconds)
  LEFT JOIN window_count w ON w.pool = b.pool AND w.window_seconds = b.window_seconds
"""


class SharedCounts:
    """The counts of the pools of one batch, whose locks the transaction holds: nobody else changes them meanwhile."""

    def __init__(self, windows: Mapping[int, int], rows: Iterable[tuple[int, int, int, int]]) -> None:
        """`windows` are those of this host, by pool; `rows` are pool, window, since and machines of every window."""
        self._windows = windows
        self._since: dict[int, dict[int, int]] = {}
        self._machines: dict[tuple[int, int], int] = {}
        for pool, window, since, machines in rows:
            self._since.setdefault(pool, {})[window] = since
            self._machines[pool, window] = machines
        self._before = self._counts()
        self.newest = 0
        """The latest time at which a machine was seen in the batch; 0: none was."""

    def saw(self, pool: PoolTerms, now: int, before: Iterable[int]) -> None:
        """One machine was accepted at `now`, replacing rows last seen at `before`."""
        seen = list(before)
        for window, since in self._since[pool.row].items():
            self._machines[pool.row, window] += (now > since) - sum(second > since for second in seen)
        self.newest = max(self.newest, now)

    def all_at(self, now: int) -> dict[int, int]:  # noqa: ARG002 - the database has moved the counts to the batch's time
        """The count of every pool of the batch, at the time of its latest request."""
        return self._counts()

    def crossed(self, thresholds: Mapping[int, int]) -> Sequence[int]:
        """The pools that have reached their thresholds with this batch."""
        return [
            pool for pool, count in self._counts().items() if self._before[pool] < thresholds[pool] <= count
        ]

    def write(self, connection: Connection) -> None:
        """The counts are in the transaction."""
        if self._machines:
            rows = [(*key, machines) for key, machines in self._machines.items()]
            connection.execute(_SAVE.text, _SAVE.over(rows))

    def _counts(self) -> dict[int, int]:
        return {pool: self._machines[pool, window] for pool, window in self._windows.items()}


def ask_for_counts(
    connection: Connection, windows: Mapping[int, int], now: int
) -> Callable[[], SharedCounts]:
    """The pools are locked and their counts moved to `now`; what is returned takes the answers."""
    if not windows:
        return lambda: SharedCounts({}, ())
    given = _given(windows, now)
    connection.execute(LOCK_POOLS, (given["pools"],))
    connection.execute(_MAKE, given)
    moved = connection.execute(_MOVE, given)
    return lambda: SharedCounts(windows, moved.fetchall())


def ask_for_all(connection: Connection, windows: Mapping[int, int], now: int) -> Callable[[], dict[int, int]]:
    """The count of each pool at `now` is asked for, of everything that any host has committed; what is returned takes them.

    Nobody waits, and nothing is written.
    """
    counted = connection.execute(_READ, _given(windows, now))
    return lambda: dict(counted.fetchall())


def _given(windows: Mapping[int, int], now: int) -> dict[str, object]:
    return {
        "now": now,
        "pools": array(Element.INT, list(windows)),
        "windows": array(Element.BIGINT, list(windows.values())),
    }
