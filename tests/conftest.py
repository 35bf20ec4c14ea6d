"""What tests of several folders share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.postgresql import POSTGRESQL_MISSING, PostgreSql, find_programs, postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSql]:
    """One PostgreSQL for all tests; each has a database of its own on it."""
    if find_programs() is None:
        pytest.skip(POSTGRESQL_MISSING)
    with postgresql() as server:
        yield server
