"""A host's database that has grown: machines that it counted over the past week, without having asked one by one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tenure.core.policy import DAY

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home

_MACHINES = """
INSERT INTO machine
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :machines)
SELECT 1, CAST(printf('%016d', i) AS BLOB), CAST(printf('%016d', i) AS BLOB), :now - i % :week, :now - i % :week,
       'pc-' || i || '.a-site-with-a-rather-long-name.a-department-with-a-long-name.an-organisation.example', 0
FROM n
"""


def know(home: Home, machines: int, *, now: int) -> None:
    """The host knows so many machines more, in its first pool; 200,000 take over 40 MB."""
    with closing(sqlite3.connect(home.host_database)) as database, database:
        database.execute("PRAGMA cache_size = -100000")
        database.execute(_MACHINES, {"machines": machines, "now": now, "week": 7 * DAY})
