"""A host's identity, documents and settings in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from tenure.adapters.sql import host_tables as tables
from tenure.adapters.sql.engine import sqlite_database
from tenure.core.errors import Code, Refused
from tenure.core.license_status import LicenseStatus
from tenure.host.ledger import Outcome
from tenure.host.retention import RETENTION_SETTINGS
from tenure.host.store import Enrolment, HostIdentity, RequestTotals, StoredRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from tenure.adapters.sql.engine import Database
    from tenure.core.catalog import Catalog, Product


class SqlHostStore:
    """`HostStore` over the file of a home and, where several hosts share one, the database with what they recorded.

    Who a host is, its documents and its settings are its own and stand in its home; the numbers of pools and products,
    machines, the log and how long both are kept belong to all who record there (ADR 0012). Both have the newest schema.
    """

    def __init__(self, path: Path, shared: Database | None = None) -> None:
        """Nothing is read before it is asked for. Without `shared` everything is in the file; else that is closed, too."""
        self._home = sqlite_database(path)
        self._records = shared or self._home

    def close(self) -> None:
        """Both are closed."""
        self._home.close()
        self._records.close()

    def identity(self) -> HostIdentity | None:
        """Who this host is."""
        with self._home.reading() as connection:
            row = connection.execute(select(tables.host.c.host_id, tables.host.c.epoch)).first()
        return HostIdentity(UUID(bytes=row.host_id), row.epoch) if row is not None else None

    def set_identity(self, identity: HostIdentity) -> None:
        """The host is this one."""
        with self._home.writing() as connection:
            connection.execute(delete(tables.host))
            connection.execute(
                insert(tables.host).values(id=1, host_id=identity.host_id.bytes, epoch=identity.epoch)
            )

    def enrolments(self) -> Sequence[Enrolment]:
        """All publishers whose catalogs this host holds."""
        with self._home.reading() as connection:
            tokens: dict[int, list[str]] = {}
            for row in connection.execute(select(tables.catalog).order_by(tables.catalog.c.place)):
                tokens.setdefault(row.publisher, []).append(row.token)
            return [
                Enrolment(
                    UUID(bytes=row.publisher_id), tuple(tokens[row.id]), row.certificate, row.revocations
                )
                for row in connection.execute(select(tables.publisher).order_by(tables.publisher.c.id))
                if row.id in tokens
            ]

    def save_catalogs(self, publisher_id: UUID, tokens: Sequence[str], newest: Catalog) -> None:
        """The publisher's catalogs are these; every pool and product of the newest has a row.

        The rows come first: without a catalog they mean nothing, and a second try finds them.

        Raises:
            Refused: code `product_taken`: another host records a product of this id for another publisher.
        """
        with self._records.writing() as connection:
            publisher = _publisher_row(connection, publisher_id)
            for name in newest.pools:
                _pool_row(connection, publisher, name)
            for product in newest.products:
                _save_product(connection, publisher, product)
        with self._home.writing() as connection:
            publisher = _publisher_row(connection, publisher_id)
            connection.execute(delete(tables.catalog).where(tables.catalog.c.publisher == publisher))
            connection.execute(
                insert(tables.catalog),
                [
                    {"publisher": publisher, "place": place, "token": token}
                    for place, token in enumerate(tokens)
                ],
            )

    def save_certificate(self, publisher_id: UUID, token: str) -> None:
        """The host's certificate of this publisher is this one."""
        with self._home.writing() as connection:
            publisher = _publisher_row(connection, publisher_id)
            connection.execute(
                update(tables.publisher).where(tables.publisher.c.id == publisher).values(certificate=token)
            )

    def replace_revocations(self, publisher_id: UUID, before: str | None, after: str) -> bool:
        """The publisher's list is `after`, if it was `before`; whether it was."""
        known = tables.publisher.c.revocations
        was = known.is_(None) if before is None else known == before
        replaced = (
            update(tables.publisher)
            .where(tables.publisher.c.publisher_id == publisher_id.bytes, was)
            .values(revocations=after)
        )
        with self._home.writing() as connection:
            return connection.execute(replaced).rowcount == 1

    def rows(self) -> StoredRows:
        """The numbers of all pools and products."""
        pools = select(tables.pool.c.id, tables.pool.c.name, tables.publisher.c.publisher_id).join(
            tables.publisher
        )
        with self._records.reading() as connection:
            return StoredRows(
                pools={(UUID(bytes=row.publisher_id), row.name): row.id for row in connection.execute(pools)},
                products={
                    UUID(bytes=row.product_id): row.id
                    for row in connection.execute(select(tables.product.c.id, tables.product.c.product_id))
                },
            )

    def settings(self) -> Mapping[str, str]:
        """All settings that were made."""
        with self._home.reading() as connection:
            own = _settings(connection)
        with self._records.reading() as connection:
            shared = _settings(connection)
        return {name: value for name, value in own.items() if name not in RETENTION_SETTINGS} | {
            name: value for name, value in shared.items() if name in RETENTION_SETTINGS
        }

    def save_setting(self, name: str, value: str) -> None:
        """The setting has this value."""
        database = self._records if name in RETENTION_SETTINGS else self._home
        with database.writing() as connection:
            connection.execute(delete(tables.setting).where(tables.setting.c.name == name))
            connection.execute(insert(tables.setting).values(name=name, value=value))

    def known_machines(self) -> Mapping[int, int]:
        """How many machines each pool knows, by its row."""
        counted = select(tables.machine.c.pool, func.count().label("machines")).group_by(
            tables.machine.c.pool
        )
        with self._records.reading() as connection:
            return {row.pool: row.machines for row in connection.execute(counted)}

    def totals(self) -> RequestTotals:
        """How many requests were answered, and how."""
        summed = select(
            tables.daily_total.c.outcome, func.sum(tables.daily_total.c.requests).label("requests")
        ).group_by(tables.daily_total.c.outcome)
        with self._records.reading() as connection:
            by_outcome = {row.outcome: int(row.requests) for row in connection.execute(summed)}
        return RequestTotals(
            granted=by_outcome.get(Outcome.GRANTED, 0),
            waiting=by_outcome.get(Outcome.WAITING, 0),
            refused=by_outcome.get(Outcome.REFUSED, 0),
        )

    def requests_by_status(self) -> Mapping[LicenseStatus, int]:
        """How many accepted requests in the log came from machines of each license status."""
        summed = (
            select(
                tables.request_log.c.license_status, func.sum(tables.request_log.c.repeats).label("requests")
            )
            .where(tables.request_log.c.license_status.is_not(None))
            .group_by(tables.request_log.c.license_status)
        )
        names = tuple(LicenseStatus)
        with self._records.reading() as connection:
            rows = connection.execute(summed).all()
        return {
            names[row.license_status]: int(row.requests) for row in rows if row.license_status < len(names)
        }

    def move_times_back(self, host_id: UUID, now: int) -> int:
        """No machine was seen later than `now`, and this host wrote nothing later; how many machines that changed."""
        machine, recorder = tables.machine.c, tables.recorder.c
        with self._records.writing() as connection:
            # As a batch does (ADR 0012): its pools first, in their order. SQLite has one writer anyway.
            connection.execute(select(tables.pool.c.id).order_by(tables.pool.c.id).with_for_update()).all()
            if self._records is not self._home:
                connection.execute(delete(tables.window_count))
                connection.execute(
                    update(tables.recorder)
                    .where(recorder.host_id == host_id.bytes, recorder.newest_row > now)
                    .values(newest_row=now)
                )
            connection.execute(update(tables.machine).where(machine.first_seen > now).values(first_seen=now))
            later = update(tables.machine).where(machine.last_seen > now).values(last_seen=now)
            return connection.execute(later).rowcount


def _settings(connection: Connection) -> dict[str, str]:
    # SQLite keeps a number or a blob as such where another program wrote one.
    return {str(row.name): str(row.value) for row in connection.execute(select(tables.setting))}


def _save_product(connection: Connection, publisher: int, product: Product) -> None:
    """The product has a row in its pool.

    Raises:
        Refused: code `product_taken`.
    """
    same = tables.product.c.product_id == product.product_id.bytes
    owner = connection.execute(select(tables.pool.c.publisher).join(tables.product).where(same)).scalar()
    if owner not in {None, publisher}:
        raise Refused(
            Code.PRODUCT_TAKEN,
            f"Product {product.product_id} ({product.name!r}) belongs to another publisher in this database.",
            "Two publishers cannot share a product id; ask both which of them it is.",
        )
    pool = _pool_row(connection, publisher, product.pool)
    if connection.execute(update(tables.product).where(same).values(pool=pool)).rowcount == 0:
        connection.execute(insert(tables.product).values(pool=pool, product_id=product.product_id.bytes))


def _publisher_row(connection: Connection, publisher_id: UUID) -> int:
    same = select(tables.publisher.c.id).where(tables.publisher.c.publisher_id == publisher_id.bytes)
    found = connection.execute(same).scalar()
    if found is not None:
        return int(found)
    connection.execute(insert(tables.publisher).values(publisher_id=publisher_id.bytes))
    return int(connection.execute(same).scalar_one())


def _pool_row(connection: Connection, publisher: int, name: str) -> int:
    same = select(tables.pool.c.id).where(tables.pool.c.publisher == publisher, tables.pool.c.name == name)
    found = connection.execute(same).scalar()
    if found is not None:
        return int(found)
    connection.execute(insert(tables.pool).values(publisher=publisher, name=name))
    return int(connection.execute(same).scalar_one())
