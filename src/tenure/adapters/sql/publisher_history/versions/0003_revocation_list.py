"""The newest signed list of what was revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """No list was signed yet."""
    op.create_table(
        "revocation_list",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
    )
