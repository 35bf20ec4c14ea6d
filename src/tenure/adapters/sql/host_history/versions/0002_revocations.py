"""The newest revocation list of each publisher."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """No list is known yet."""
    op.add_column("publisher", sa.Column("revocations", sa.Text))
