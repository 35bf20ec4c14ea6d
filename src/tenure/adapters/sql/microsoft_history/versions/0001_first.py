"""The first schema of what is imported from KMS hosts.

A revision is written once and never changed: it repeats the tables as they were, and does not import them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "name",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "request",
        sa.Column("host", sa.Integer, sa.ForeignKey("name.id"), primary_key=True),
        sa.Column("at", sa.Integer, primary_key=True),
        sa.Column("cmid", sa.LargeBinary(16), primary_key=True),
        sa.Column("name", sa.Integer, sa.ForeignKey("name.id"), primary_key=True),
        sa.Column("sku", sa.LargeBinary(16), primary_key=True),
        sa.Column("hresult", sa.Integer, primary_key=True),
        sa.Column("minimum", sa.SmallInteger, primary_key=True),
        sa.Column("client_at", sa.Integer, primary_key=True),
        sa.Column("virtual", sa.Boolean, primary_key=True),
        sa.Column("state", sa.SmallInteger, primary_key=True),
        sa.Column("minutes", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "happening",
        sa.Column("computer", sa.Integer, sa.ForeignKey("name.id"), primary_key=True),
        sa.Column("at", sa.Integer, primary_key=True),
        sa.Column("detail", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot",
        sa.Column("name", sa.Integer, sa.ForeignKey("name.id"), primary_key=True),
        sa.Column("detail", sa.Text, primary_key=True),
        sa.Column("taken_at", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
