"""Machines hold activations beside hosts, and what was revoked is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The seats of hosts get their own name; installations and revocations join them."""
    op.rename_table("activation", "host_seat")
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("activation_id", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("key", sa.Integer, sa.ForeignKey("product_key.id"), nullable=False),
        sa.Column("machine_id", sa.LargeBinary(16), nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("key", "fingerprint"),
    )
    op.create_table(
        "revocation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.UniqueConstraint("kind", "subject"),
    )
