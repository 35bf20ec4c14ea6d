"""What hosts need that record in one PostgreSQL database (docs/adr/0012): who they are, and counts that they share."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """The log says which host recorded a row; in PostgreSQL there are counts, and room for more rows."""
    op.add_column("request_log", sa.Column("recorder", sa.Integer))
    if op.get_context().dialect.name != "postgresql":
        return
    for table, column in (("request_log", "id"), ("installation", "log_id"), ("daily_total", "requests")):
        op.alter_column(table, column, type_=sa.BigInteger)
    op.execute("ALTER SEQUENCE request_log_id_seq AS BIGINT")
    op.create_index("machine_last_seen", "machine", ["pool", "last_seen"])
    op.create_table(
        "window_count",
        sa.Column("pool", sa.Integer, sa.ForeignKey("pool.id"), primary_key=True),
        sa.Column("window_seconds", sa.BigInteger, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("machines", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "recorder",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("host_id", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("newest_row", sa.BigInteger, nullable=False),
    )
