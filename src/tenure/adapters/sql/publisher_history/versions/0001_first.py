"""The first schema of a publisher.

A revision is written once and never changed: it repeats the tables as they were, and does not import them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "publisher",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True),
        sa.Column("publisher_id", sa.LargeBinary(16), nullable=False),
    )
    op.create_table(
        "catalog",
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
    )
    op.create_table(
        "product_key",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key_id", sa.Text, nullable=False, unique=True),
        sa.Column("public_x", sa.Text, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("product_number", sa.Integer, nullable=False),
        sa.Column("pools", sa.Text),
        sa.Column("limit", sa.Integer, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("agreement", sa.Text, nullable=False),
        sa.Column("trial", sa.Boolean, nullable=False),
        sa.Column("partial", sa.Text, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "activation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("activation_id", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("key", sa.Integer, sa.ForeignKey("product_key.id"), nullable=False),
        sa.Column("host_id", sa.LargeBinary(16), nullable=False),
        sa.Column("host_kid", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("activations", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("key", "host_id"),
    )
    op.create_table(
        "answer",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("request_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("key", sa.Integer, sa.ForeignKey("product_key.id"), nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("limit", sa.Integer, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
    )
