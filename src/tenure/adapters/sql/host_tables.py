"""The tables of a host. Every id of a machine, product or request is its 16 bytes; every time Unix seconds.

`machine` and `installation` are the hot ones: clustered on their keys, no row id, nothing stored twice, so that a
million machines fit in memory's cache and a request touches few pages (docs/adr/0006).

What is marked `POSTGRESQL` exists only where several hosts share a database (docs/adr/0012).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
POSTGRESQL = {"only": "postgresql"}
# In SQLite every integer is large, and only INTEGER can be the row's own number.
_Large = BigInteger().with_variant(Integer, "sqlite")

host = Table(
    "host",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("host_id", LargeBinary(16), nullable=False),
    Column("epoch", BigInteger, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

publisher = Table(
    "publisher",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("publisher_id", LargeBinary(16), nullable=False, unique=True),
    Column("certificate", Text),
    Column("revocations", Text),
)

catalog = Table(
    "catalog",
    metadata,
    Column("publisher", Integer, ForeignKey("publisher.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("token", Text, nullable=False),
)

pool = Table(
    "pool",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("publisher", Integer, ForeignKey("publisher.id"), nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("publisher", "name"),
)

product = Table(
    "product",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pool", Integer, ForeignKey("pool.id"), nullable=False),
    Column("product_id", LargeBinary(16), nullable=False, unique=True),
)

machine = Table(
    "machine",
    metadata,
    Column("pool", Integer, ForeignKey("pool.id"), primary_key=True),
    Column("machine_id", LargeBinary(16), primary_key=True),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("hostname", Text, nullable=False),
    Column("virtual", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
Index("machine_fingerprint", machine.c.pool, machine.c.fingerprint, unique=True)
Index("machine_last_seen", machine.c.pool, machine.c.last_seen, info=POSTGRESQL)

window_count = Table(
    "window_count",
    metadata,
    Column("pool", Integer, ForeignKey("pool.id"), primary_key=True),
    Column("window_seconds", BigInteger, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("machines", BigInteger, nullable=False),  # of the pool, last seen after `since`
    info=POSTGRESQL,
)

recorder = Table(
    "recorder",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("host_id", LargeBinary(16), nullable=False, unique=True),
    Column("newest_row", BigInteger, nullable=False),  # the latest time of a machine that this host wrote
    info=POSTGRESQL,
)

installation = Table(
    "installation",
    metadata,
    Column("machine_id", LargeBinary(16), primary_key=True),
    Column("product", Integer, ForeignKey("product.id"), primary_key=True),
    Column("request_id", LargeBinary(16), nullable=False),
    Column("digest", LargeBinary(16), nullable=False),
    Column("outcome", SmallInteger, nullable=False),
    Column("log_id", _Large, nullable=False),
    Column("logged_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

request_log = Table(
    "request_log",
    metadata,
    Column("id", _Large, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("outcome", SmallInteger, nullable=False),
    Column("code", Text),
    Column("product_id", LargeBinary(16), nullable=False),
    Column("machine_id", LargeBinary(16), nullable=False),
    Column("request_id", LargeBinary(16), nullable=False),
    Column("hostname", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("count", Integer),
    Column("threshold", Integer),
    Column("sighting", Text),
    Column("virtual", Boolean),
    Column("license_status", SmallInteger),
    Column("minutes_remaining", Integer),
    Column("recorder", Integer),  # no foreign key: the log outlives hosts; NULL where a host records alone
)

daily_total = Table(
    "daily_total",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("outcome", SmallInteger, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("requests", _Large, nullable=False),
)
