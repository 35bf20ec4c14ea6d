"""The publisher as a service: an audit that is chained, tokens for its API, and holders that are found quickly."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Rows of the audit keep their order and content, and are chained; who acted is not known of them."""
    _chain_audit()
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_refuses_{change.lower()} BEFORE {change} ON audit"
            " BEGIN SELECT RAISE(ABORT, 'rows of the audit are only ever added'); END"
        )
    op.create_table(
        "audit_fold",
        sa.Column("action", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
    )
    op.create_index("host_seat_host_id", "host_seat", ["host_id"])
    op.create_index("host_seat_fingerprint", "host_seat", ["fingerprint"])
    op.create_index("installation_machine_id", "installation", ["machine_id"])
    op.create_index("installation_fingerprint", "installation", ["fingerprint"])


def _chain_audit() -> None:
    op.rename_table("audit", "audit_before")
    audit = op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
    )
    connection = op.get_bind()
    digest, seq = bytes(32), 0
    before = connection.execute(sa.text("SELECT at, action, subject FROM audit_before ORDER BY id"))
    for seq, (at, action, subject) in enumerate(before.all(), start=1):
        texts = (str(seq), str(at), "", "", action, subject, "")
        encoded = (text.encode() for text in texts)
        digest = hashlib.sha256(digest + b"".join(b"%d:%b," % (len(text), text) for text in encoded)).digest()
        connection.execute(
            sa.insert(audit).values(
                id=seq, at=at, actor="", address="", action=action, subject=subject, detail="", digest=digest
            )
        )
    if seq:
        connection.execute(sa.insert(head).values(id=1, seq=seq, digest=digest))
    op.drop_table("audit_before")
