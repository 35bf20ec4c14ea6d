"""The tables of a publisher. Ids of people and machines are their 16 bytes; times Unix seconds."""

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

publisher = Table(
    "publisher",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("publisher_id", LargeBinary(16), nullable=False),
)

catalog = Table(
    "catalog",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("token", Text, nullable=False),
)

product_key = Table(
    "product_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key_id", Text, nullable=False, unique=True),
    Column("public_x", Text, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("product_number", Integer, nullable=False),
    Column("pools", Text),  # one name a line; null: all
    Column("limit", Integer, nullable=False),
    Column("customer", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("trial", Boolean, nullable=False),
    Column("partial", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("blocked", Boolean, nullable=False),
)

host_seat = Table(
    "host_seat",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("activation_id", LargeBinary(16), nullable=False, unique=True),
    Column("key", Integer, ForeignKey("product_key.id"), nullable=False),
    Column("host_id", LargeBinary(16), nullable=False),
    Column("host_kid", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("activations", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("key", "host_id"),
    Index("host_seat_host_id", "host_id"),
    Index("host_seat_fingerprint", "fingerprint"),
)

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("activation_id", LargeBinary(16), nullable=False, unique=True),
    Column("key", Integer, ForeignKey("product_key.id"), nullable=False),
    Column("machine_id", LargeBinary(16), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("key", "fingerprint"),
    Index("installation_machine_id", "machine_id"),
    Index("installation_fingerprint", "fingerprint"),
)

answer = Table(
    "answer",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("token", Text, nullable=False),
    Column("key", Integer, ForeignKey("product_key.id"), nullable=False),
    Column("used", Integer, nullable=False),
    Column("limit", Integer, nullable=False),
)

revocation = Table(
    "revocation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("kind", "subject"),
)

revocation_list = Table(
    "revocation_list",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("token", Text, nullable=False),
)

# Rows are only ever added: triggers refuse everything else (publisher_history).
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
)

audit_fold = Table(
    "audit_fold",
    metadata,
    Column("action", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),  # null: never
)
