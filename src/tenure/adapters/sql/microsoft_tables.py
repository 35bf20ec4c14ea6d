"""The tables of what was imported from KMS hosts and clients. Ids are their 16 bytes, times Unix seconds.

`request` and `happening` are sets: every column is in the key and there is no row id, so the same event, from whatever
file and in whatever order, is one row. Names stand once, in `name`. 10,000 machines add some 30 MB a year.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

metadata = MetaData()

name = Table(
    "name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)

request = Table(
    "request",
    metadata,
    Column("host", Integer, ForeignKey("name.id"), primary_key=True),
    Column("at", Integer, primary_key=True),
    Column("cmid", LargeBinary(16), primary_key=True),
    Column("name", Integer, ForeignKey("name.id"), primary_key=True),
    Column("sku", LargeBinary(16), primary_key=True),
    Column("hresult", Integer, primary_key=True),
    Column("minimum", SmallInteger, primary_key=True),
    Column("client_at", Integer, primary_key=True),
    Column("virtual", Boolean, primary_key=True),
    Column("state", SmallInteger, primary_key=True),
    Column("minutes", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

happening = Table(
    "happening",
    metadata,
    Column("computer", Integer, ForeignKey("name.id"), primary_key=True),
    Column("at", Integer, primary_key=True),
    Column("detail", Text, primary_key=True),
    sqlite_with_rowid=False,
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("name", Integer, ForeignKey("name.id"), primary_key=True),
    Column("detail", Text, primary_key=True),
    Column("taken_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)
