"""A publisher's store in SQL."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from tenure.adapters.sql import publisher_tables as tables
from tenure.adapters.sql.engine import open_engine, reading, storage_errors
from tenure.core.enrolment import HostSeat
from tenure.core.product_key import KeyType
from tenure.publisher.store import Holder, IssuedKey, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Row

_key = tables.product_key
_held = tables.activation


class SqlPublisherStore:
    """`PublisherStore` over one database file, which has the newest schema."""

    def __init__(self, path: Path) -> None:
        """Nothing is read before it is asked for."""
        self._path = path
        self._engine = open_engine(path)

    def close(self) -> None:
        """The file is closed."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[SqlRows]:
        """Rows to read and write; one transaction at a time, in all processes."""
        with storage_errors(self._path), self._engine.begin() as connection:
            yield SqlRows(connection)

    @contextmanager
    def reading(self) -> Iterator[SqlRows]:
        """Rows to read, as of one moment."""
        with storage_errors(self._path), reading(self._engine) as connection:
            yield SqlRows(connection)


class SqlRows:
    """The rows of one open transaction."""

    def __init__(self, connection: Connection) -> None:
        """The connection has begun."""
        self._connection = connection

    def publisher_id(self) -> UUID | None:
        """Who the publisher is."""
        found = self._connection.execute(select(tables.publisher.c.publisher_id)).scalar()
        return UUID(bytes=found) if found is not None else None

    def set_publisher_id(self, publisher_id: UUID) -> None:
        """The publisher is this one."""
        self._connection.execute(insert(tables.publisher).values(id=1, publisher_id=publisher_id.bytes))

    def catalogs(self) -> tuple[str, ...]:
        """The catalogs as they travel."""
        tokens = select(tables.catalog.c.token).order_by(tables.catalog.c.place)
        return tuple(self._connection.execute(tokens).scalars())

    def save_catalogs(self, tokens: Sequence[str]) -> None:
        """The catalogs are these."""
        self._connection.execute(delete(tables.catalog))
        rows = [{"place": place, "token": token} for place, token in enumerate(tokens)]
        self._connection.execute(insert(tables.catalog), rows)

    def add_key(self, key: IssuedKey) -> None:
        """The key was issued."""
        self._connection.execute(
            insert(_key).values(
                key_id=key.key_id,
                public_x=key.public_x,
                type=key.type.value,
                product_number=key.product_number,
                pools=None if key.pools is None else "\n".join(key.pools),
                limit=key.limit,
                customer=key.customer,
                agreement=key.agreement,
                trial=key.trial,
                partial=key.partial,
                issued_at=key.issued_at,
                blocked=key.blocked,
            )
        )

    def key(self, key_id: str) -> IssuedKey | None:
        """The key that was issued under this id."""
        row = self._connection.execute(select(_key).where(_key.c.key_id == key_id)).first()
        return _issued(row) if row is not None else None

    def issued_keys(self) -> Sequence[IssuedKey]:
        """All keys, oldest first."""
        return [_issued(row) for row in self._connection.execute(select(_key).order_by(_key.c.id))]

    def holders(self, key_id: str) -> Sequence[Holder]:
        """Who holds activations of a key, oldest first."""
        held = select(_held).join(_key).where(_key.c.key_id == key_id).order_by(_held.c.id)
        return [
            Holder(
                activation_id=UUID(bytes=row.activation_id),
                seat=HostSeat(UUID(bytes=row.host_id), row.host_kid, row.fingerprint, row.activations),
                at=row.at,
            )
            for row in self._connection.execute(held)
        ]

    def save_holder(self, key_id: str, holder: Holder) -> None:
        """The holder's activation stands; one of the same id is replaced."""
        values = {
            "key": self._key_row(key_id),
            "host_id": holder.seat.host_id.bytes,
            "host_kid": holder.seat.host_kid,
            "fingerprint": holder.seat.fingerprint,
            "activations": holder.seat.activations,
            "at": holder.at,
        }
        same = _held.c.activation_id == holder.activation_id.bytes
        if self._connection.execute(update(_held).where(same).values(values)).rowcount == 0:
            self._connection.execute(insert(_held).values(activation_id=holder.activation_id.bytes, **values))

    def answer(self, request_id: str) -> StoredAnswer | None:
        """What the request of this id was answered."""
        stored = (
            select(tables.answer, _key.c.key_id).join(_key).where(tables.answer.c.request_id == request_id)
        )
        row = self._connection.execute(stored).first()
        if row is None:
            return None
        return StoredAnswer(
            request_digest=row.request_digest,
            token=row.token,
            key_id=row.key_id,
            used=row.used,
            limit=row.limit,
        )

    def save_answer(self, request_id: str, answer: StoredAnswer) -> None:
        """The request of this id was answered."""
        self._connection.execute(
            insert(tables.answer).values(
                request_id=request_id,
                request_digest=answer.request_digest,
                token=answer.token,
                key=self._key_row(answer.key_id),
                used=answer.used,
                limit=answer.limit,
            )
        )

    def audit(self, at: int, action: str, subject: str) -> None:
        """Somebody did something."""
        self._connection.execute(insert(tables.audit).values(at=at, action=action, subject=subject))

    def _key_row(self, key_id: str) -> int:
        return int(self._connection.execute(select(_key.c.id).where(_key.c.key_id == key_id)).scalar_one())


def _issued(row: Row[tuple[object, ...]]) -> IssuedKey:
    return IssuedKey(
        key_id=row.key_id,
        public_x=row.public_x,
        type=KeyType(row.type),
        product_number=row.product_number,
        pools=None if row.pools is None else tuple(row.pools.split("\n")),
        limit=row.limit,
        customer=row.customer,
        agreement=row.agreement,
        trial=row.trial,
        partial=row.partial,
        issued_at=row.issued_at,
        blocked=row.blocked,
    )
