"""One connection to a PostgreSQL server, made anew after it broke: at once, then at longer and longer intervals."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import psycopg

from tenure.adapters.sql.postgres import PLANNED_ONCE, as_tenure_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.adapters.sql.postgres import PostgresServer

FIRST_PAUSE: Final = 0.1
"""Seconds between a connection that could not be made and the next try; each time twice as long."""
LONGEST_PAUSE: Final = 2.0
"""A database that is back is noticed within this time."""


class PostgresLink:
    """A connection of one thread, for few statements that come again and again.

    Whatever goes wrong on it costs it: the next use has a fresh one, in no transaction.
    """

    def __init__(self, server: PostgresServer) -> None:
        """Nothing is connected before the first use."""
        self._server = server
        self._connection: psycopg.Connection | None = None
        self._made = 0
        self._down: psycopg.Error | None = None
        self._pause = FIRST_PAUSE
        self._next_try = 0.0

    @property
    def number(self) -> int:
        """How many connections there have been: a changed number says that what a session knew is gone."""
        return self._made

    @contextmanager
    def use(self) -> Iterator[psycopg.Connection]:
        """The connection.

        Raises:
            Unavailable: code `storage_unavailable`, from the block too; while the server cannot be reached at once,
                without asking it each time.
            Untrusted: code `state_damaged`.
        """
        try:
            yield self._connected()
        except psycopg.Error as error:
            self.close()
            raise as_tenure_error(error, self._server) from error
        except BaseException:
            # Whatever it was, the transaction that it left open must not be anybody's.
            self.close()
            raise

    def close(self) -> None:
        """The connection is closed; the next use makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _connected(self) -> psycopg.Connection:
        if self._connection is not None:
            return self._connection
        if self._down is not None and time.monotonic() < self._next_try:
            raise as_tenure_error(self._down, self._server)
        try:
            self._connection = self._server.connect(options=PLANNED_ONCE)
        except psycopg.Error as error:
            self._down = error
            self._next_try = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            raise
        self._made += 1
        self._down, self._pause = None, FIRST_PAUSE
        return self._connection
