"""A publisher's store in SQL."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update

from tenure.adapters.sql import publisher_tables as tables
from tenure.adapters.sql.engine import open_engine, reading, storage_errors
from tenure.adapters.sql.publisher_audit import SqlAuditRows
from tenure.adapters.sql.publisher_tokens import SqlTokenRows
from tenure.core.enrolment import HostSeat, Installation
from tenure.core.product_key import KeyType
from tenure.core.revocation import Revocable, Revocation
from tenure.publisher.store import Holder, IssuedKey, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

_key = tables.product_key
_seat = tables.host_seat
_installed = tables.installation
_revoked = tables.revocation
_used = (
    select(func.count()).where(_seat.c.key == _key.c.id).scalar_subquery()
    + select(func.count()).where(_installed.c.key == _key.c.id).scalar_subquery()
).label("used")
"""How many places of a key are taken: of each key at once, out of two indexes."""


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


class SqlRows(SqlAuditRows, SqlTokenRows):
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

    def issued_keys(self, *, after: str | None = None) -> Iterator[tuple[IssuedKey, int]]:
        """All keys, oldest first, with how many of their places are taken."""
        asked = select(_key, _used).order_by(_key.c.id)
        if after is not None:
            asked = asked.where(_key.c.id > self._key_row(after))
        for row in self._connection.execute(asked):
            yield _issued(row), row.used

    def keys_beginning(self, start: str) -> Sequence[IssuedKey]:
        """The keys whose id begins so."""
        # Not LIKE, to which capital and small letters are alike.
        begins = func.substr(_key.c.key_id, 1, len(start)) == start
        asked = select(_key).where(begins).order_by(_key.c.id).limit(10)
        return [_issued(row) for row in self._connection.execute(asked)]

    def keys_held_by(self, holder: str) -> Sequence[str]:
        """The ids of the keys of which a host or machine of this id or fingerprint holds an activation."""
        found: list[str] = []
        for held, sub in ((_seat, _seat.c.host_id), (_installed, _installed.c.machine_id)):
            same = [held.c.fingerprint == holder]
            with suppress(ValueError):
                same.append(sub == UUID(holder).bytes)
            asked = select(_key.c.key_id).distinct().join(held).where(or_(*same))
            found += self._connection.execute(asked).scalars()
        return found

    def save_customer(self, key_id: str, customer: str, agreement: str) -> None:
        """The key is this customer's."""
        changed = {"customer": customer, "agreement": agreement}
        self._connection.execute(update(_key).where(_key.c.key_id == key_id).values(changed))

    def used(self, key_id: str) -> int:
        """How many places of a key are taken."""
        return self._connection.execute(select(_used).where(_key.c.key_id == key_id)).scalar() or 0

    def block_key(self, key_id: str) -> None:
        """The key of this id activates nothing any more."""
        self._connection.execute(update(_key).where(_key.c.key_id == key_id).values(blocked=True))

    def holders(self, key_id: str) -> Sequence[Holder]:
        """Who holds activations of a key, oldest first."""
        # A key is for hosts or for machines, so only one of the two has any.
        return [
            *map(_host, self._connection.execute(_held(_seat, key_id).order_by(_seat.c.id))),
            *map(_machine, self._connection.execute(_held(_installed, key_id).order_by(_installed.c.id))),
        ]

    def installation(self, key_id: str, fingerprint: str) -> Holder | None:
        """Which installation with this fingerprint holds an activation of a key."""
        same = _installed.c.fingerprint == fingerprint
        row = self._connection.execute(_held(_installed, key_id).where(same)).first()
        return _machine(row) if row is not None else None

    def holder(self, activation_id: UUID) -> tuple[Holder, IssuedKey] | None:
        """Who holds this activation, and of which key."""
        for held, read in ((_seat, _host), (_installed, _machine)):
            row = self._connection.execute(
                select(held).where(held.c.activation_id == activation_id.bytes)
            ).first()
            if row is not None:
                key = self._connection.execute(select(_key).where(_key.c.id == row.key)).one()
                return read(row), _issued(key)
        return None

    def save_holder(self, key_id: str, holder: Holder) -> None:
        """The holder's activation stands; one of the same id is replaced."""
        values: dict[str, object] = {
            "key": self._key_row(key_id),
            "fingerprint": holder.seat.fingerprint,
            "at": holder.at,
        }
        match holder.seat:
            case HostSeat() as seat:
                held = _seat
                values |= {
                    "host_id": seat.host_id.bytes,
                    "host_kid": seat.host_kid,
                    "activations": seat.activations,
                }
            case Installation() as installed:
                held = _installed
                values["machine_id"] = installed.machine_id.bytes
        same = held.c.activation_id == holder.activation_id.bytes
        if self._connection.execute(update(held).where(same).values(values)).rowcount == 0:
            self._connection.execute(insert(held).values(activation_id=holder.activation_id.bytes, **values))

    def remove_holder(self, activation_id: UUID) -> None:
        """The place is free again."""
        for held in (_seat, _installed):
            self._connection.execute(delete(held).where(held.c.activation_id == activation_id.bytes))

    def free_places(self, host_id: UUID) -> int:
        """The host holds no activation of any key; how many it held."""
        return self._connection.execute(delete(_seat).where(_seat.c.host_id == host_id.bytes)).rowcount

    def revoke(self, revocation: Revocation) -> None:
        """The subject is revoked so."""
        values = {"since": revocation.since, "reason": revocation.reason}
        same = _about(revocation.kind, revocation.subject)
        if self._connection.execute(update(_revoked).where(same).values(values)).rowcount == 0:
            self._connection.execute(
                insert(_revoked).values(kind=revocation.kind.value, subject=revocation.subject, **values)
            )

    def revocation(self, kind: Revocable, subject: str) -> Revocation | None:
        """How the subject is revoked."""
        row = self._connection.execute(select(_revoked).where(_about(kind, subject))).first()
        return _revocation(row) if row is not None else None

    def revocations(self) -> Sequence[Revocation]:
        """All that is revoked, in the order in which it first was."""
        return [
            _revocation(row) for row in self._connection.execute(select(_revoked).order_by(_revoked.c.id))
        ]

    def revocation_list(self) -> str | None:
        """The newest signed list."""
        return self._connection.execute(select(tables.revocation_list.c.token)).scalar()

    def save_revocation_list(self, token: str) -> None:
        """The newest signed list is this one."""
        self._connection.execute(delete(tables.revocation_list))
        self._connection.execute(insert(tables.revocation_list).values(id=1, token=token))

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

    def _key_row(self, key_id: str) -> int:
        return int(self._connection.execute(select(_key.c.id).where(_key.c.key_id == key_id)).scalar_one())


def _held(held: Table, key_id: str) -> Select[tuple[object, ...]]:
    return select(held).join(_key).where(_key.c.key_id == key_id)


def _host(row: Row[tuple[object, ...]]) -> Holder:
    seat = HostSeat(UUID(bytes=row.host_id), row.host_kid, row.fingerprint, row.activations)
    return Holder(activation_id=UUID(bytes=row.activation_id), seat=seat, at=row.at)


def _machine(row: Row[tuple[object, ...]]) -> Holder:
    seat = Installation(UUID(bytes=row.machine_id), row.fingerprint)
    return Holder(activation_id=UUID(bytes=row.activation_id), seat=seat, at=row.at)


def _about(kind: Revocable, subject: str) -> ColumnElement[bool]:
    return (_revoked.c.kind == kind.value) & (_revoked.c.subject == subject)


def _revocation(row: Row[tuple[object, ...]]) -> Revocation:
    return Revocation(kind=Revocable(row.kind), subject=row.subject, since=row.since, reason=row.reason)


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
