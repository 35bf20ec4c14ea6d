"""The first schema of a host.

A revision is written once and never changed: it repeats the tables as they were, and does not import them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "host",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True),
        sa.Column("host_id", sa.LargeBinary(16), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "publisher",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("publisher_id", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("certificate", sa.Text),
    )
    op.create_table(
        "catalog",
        sa.Column("publisher", sa.Integer, sa.ForeignKey("publisher.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
    )
    op.create_table(
        "pool",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("publisher", sa.Integer, sa.ForeignKey("publisher.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.UniqueConstraint("publisher", "name"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("pool", sa.Integer, sa.ForeignKey("pool.id"), nullable=False),
        sa.Column("product_id", sa.LargeBinary(16), nullable=False, unique=True),
    )
    op.create_table(
        "machine",
        sa.Column("pool", sa.Integer, sa.ForeignKey("pool.id"), primary_key=True),
        sa.Column("machine_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(16), nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("hostname", sa.Text, nullable=False),
        sa.Column("virtual", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("machine_fingerprint", "machine", ["pool", "fingerprint"], unique=True)
    op.create_table(
        "installation",
        sa.Column("machine_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("product", sa.Integer, sa.ForeignKey("product.id"), primary_key=True),
        sa.Column("request_id", sa.LargeBinary(16), nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("outcome", sa.SmallInteger, nullable=False),
        sa.Column("log_id", sa.Integer, nullable=False),
        sa.Column("logged_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "request_log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("outcome", sa.SmallInteger, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("product_id", sa.LargeBinary(16), nullable=False),
        sa.Column("machine_id", sa.LargeBinary(16), nullable=False),
        sa.Column("request_id", sa.LargeBinary(16), nullable=False),
        sa.Column("hostname", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("count", sa.Integer),
        sa.Column("threshold", sa.Integer),
        sa.Column("sighting", sa.Text),
        sa.Column("virtual", sa.Boolean),
        sa.Column("license_status", sa.SmallInteger),
        sa.Column("minutes_remaining", sa.Integer),
    )
    op.create_table(
        "daily_total",
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("outcome", sa.SmallInteger, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("requests", sa.Integer, nullable=False),
    )
