"""Imported facts in SQLite: one connection, one transaction a batch, statements by hand, because imports are large."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tenure.adapters.sql.engine import storage_errors
from tenure.adapters.sql.sqlite import as_tenure_error, open_connection
from tenure.microsoft.events import Happening, KmsRequest
from tenure.microsoft.license_snapshot import LicenseSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tenure.microsoft.fleet_log import Kept

_CACHED_NAMES: Final = 200_000
"""Names whose row is remembered between batches, some 20 MB; a hostile log has a new one in every line."""
_CACHE_KB: Final = 64 * 1024
"""Of SQLite's pages: a shuffled import touches pages everywhere."""
_ROWS_AT_ONCE: Final = 5_000

_ADD_REQUEST: Final = "INSERT OR IGNORE INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_HAPPENING: Final = "INSERT OR IGNORE INTO happening VALUES (?, ?, ?)"
_ADD_SNAPSHOT: Final = (
    "INSERT INTO snapshot VALUES (?, ?, ?) "
    "ON CONFLICT (name, detail) DO UPDATE SET taken_at = max(taken_at, excluded.taken_at)"
)
_HAPPENING = msgspec.json.Decoder(Happening)
_SNAPSHOT = msgspec.json.Decoder(LicenseSnapshot)


class SqlFleetLog:
    """The facts in one SQLite file, which has the newest schema."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the file.

        Raises:
            Unavailable, Untrusted: as `add`.
        """
        self._path = path
        self._names: dict[str, int] = {}
        with storage_errors(path):
            self._connection = open_connection(path, read_only=read_only)
            self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            # Names are made in the same transaction and never deleted: looking each up again costs a tenth of an import.
            self._connection.execute("PRAGMA foreign_keys = OFF")

    def close(self) -> None:
        """The file is closed."""
        self._connection.close()

    def add(self, batch: Sequence[Kept]) -> int:
        """As the protocol says; the batch is on disk when this returns.

        Raises:
            Unavailable: code `storage_unavailable`; nothing of the batch is kept.
            Untrusted: code `state_damaged`.
        """
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            before = connection.total_changes
            rows, happenings, snapshots = self._rows(batch)
            named = connection.total_changes - before
            connection.executemany(_ADD_REQUEST, rows)
            connection.executemany(_ADD_HAPPENING, happenings)
            repeated = self._known_snapshots(snapshots)
            connection.executemany(_ADD_SNAPSHOT, snapshots)
            new = connection.total_changes - before - named - repeated
            connection.execute("COMMIT")
        except BaseException as error:
            # An interrupt, too, undoes the batch; rows of names that were rolled back are forgotten as well.
            self._names.clear()
            self._roll_back()
            if isinstance(error, sqlite3.Error):
                raise as_tenure_error(error, self._path) from error
            raise
        return new

    def requests(self) -> Iterator[KmsRequest]:
        """As the protocol says, ordered by host and time."""
        names = self._all_names()
        for row in self._select(
            "SELECT host, at, cmid, name, sku, hresult, minimum, client_at, virtual, state, minutes FROM request"
        ):
            host, at, cmid, name, sku, hresult, minimum, client_at, virtual, state, minutes = row
            yield KmsRequest(
                names[host],
                at,
                _guid(cmid),
                names[name],
                _guid(sku),
                hresult,
                minimum,
                client_at,
                virtual != 0,
                state,
                minutes,
            )

    def happenings(self) -> Iterator[Happening]:
        """As the protocol says."""
        return (_HAPPENING.decode(detail) for (detail,) in self._select("SELECT detail FROM happening"))

    def snapshots(self) -> Iterator[LicenseSnapshot]:
        """As the protocol says."""
        return (
            msgspec.structs.replace(_SNAPSHOT.decode(detail), taken_at=taken_at)
            for detail, taken_at in self._select("SELECT detail, taken_at FROM snapshot")
        )

    def _rows(
        self, batch: Sequence[Kept]
    ) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], list[tuple[object, ...]]]:
        requests: list[tuple[object, ...]] = []
        happenings: list[tuple[object, ...]] = []
        snapshots: list[tuple[object, ...]] = []
        if len(self._names) > _CACHED_NAMES:
            self._names.clear()
        row_of = self._name
        unhex = bytes.fromhex
        for fact in batch:
            if isinstance(fact, KmsRequest):
                requests.append(
                    (
                        row_of(fact.host),
                        fact.at,
                        unhex(fact.cmid.replace("-", "")),
                        row_of(fact.name),
                        unhex(fact.sku.replace("-", "")),
                        fact.hresult,
                        fact.minimum,
                        fact.client_at,
                        fact.virtual,
                        fact.state,
                        fact.minutes,
                    )
                )
            elif isinstance(fact, LicenseSnapshot):
                detail = msgspec.json.encode(msgspec.structs.replace(fact, taken_at=0)).decode()
                snapshots.append((row_of(fact.name), detail, fact.taken_at))
            else:
                happenings.append((row_of(fact.computer), fact.at, msgspec.json.encode(fact).decode()))
        return requests, happenings, snapshots

    def _name(self, text: str) -> int:
        row = self._names.get(text)
        if row is None:
            connection = self._connection
            found = connection.execute("SELECT id FROM name WHERE text = ?", (text,)).fetchone()
            row = (
                int(found[0])
                if found
                else int(connection.execute("INSERT INTO name (text) VALUES (?)", (text,)).lastrowid or 0)
            )
            self._names[text] = row
        return row

    def _known_snapshots(self, snapshots: Sequence[tuple[object, ...]]) -> int:
        """How many of these rows will only touch a row that is there, or that stands before them in the list."""
        seen: set[tuple[object, object]] = set()
        known = 0
        for name, detail, _ in snapshots:
            found = self._connection.execute(
                "SELECT 1 FROM snapshot WHERE name = ? AND detail = ?", (name, detail)
            ).fetchone()
            known += found is not None or (name, detail) in seen
            seen.add((name, detail))
        return known

    def _all_names(self) -> dict[int, str]:
        return {int(row): str(text) for row, text in self._select("SELECT id, text FROM name")}

    def _select(self, statement: str) -> Iterator[tuple[Any, ...]]:
        with storage_errors(self._path):
            cursor = self._connection.execute(statement)
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                yield from rows

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                # The connection itself is broken (disk gone); whoever called hears of the first error.
                return


def _guid(data: bytes) -> str:
    text = data.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
