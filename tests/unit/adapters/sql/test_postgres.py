"""How a PostgreSQL database is named, and what its errors mean; no server is asked."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from tenure.adapters.sql.postgres import PostgresServer, as_tenure_error
from tenure.core.errors import Code, Unavailable, Untrusted, UsageError


@pytest.mark.parametrize(
    ("url", "name"),
    [
        pytest.param(
            "postgresql://tenure@db.example:5432/tenure",
            "PostgreSQL database tenure on db.example",
            id="a-server",
        ),
        pytest.param(
            "postgres://tenure@db.example/tenure",
            "PostgreSQL database tenure on db.example",
            id="the-short-scheme",
        ),
        pytest.param(
            "postgresql:///tenure", "PostgreSQL database tenure on this machine", id="the-local-socket"
        ),
        pytest.param(
            "postgresql://a.example,b.example/tenure?target_session_attrs=read-write",
            "PostgreSQL database tenure on a.example,b.example",
            id="several-servers",
        ),
        pytest.param(
            "postgresql://db.example", "PostgreSQL database of its user on db.example", id="no-database"
        ),
    ],
)
def test_a_database_is_known_by_its_name_and_its_server(url: str, name: str) -> None:
    """That is what messages and `host status` say of it."""
    assert PostgresServer.of(url).name == name


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("sqlite:///host.db", id="another-scheme"),
        pytest.param("host=db.example password=swordfish", id="no-url"),
        pytest.param("postgresql://user:swordfish@db.example/x?passfil=/f", id="a-misspelled-option"),
        pytest.param("postgresql://user:swordfish@db.example/x\n", id="a-control-character"),
        pytest.param("postgresql://user:swordfish@[::1/x", id="half-an-address"),
        pytest.param("postgresql://user:fish%zz@db.example/x", id="a-bad-escape"),
    ],
)
def test_what_is_no_url_is_refused_without_being_repeated(url: str) -> None:
    """A password may stand in it."""
    with pytest.raises(UsageError) as caught:
        PostgresServer.of(url)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert "fish" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_password_is_in_no_name_and_no_representation() -> None:
    """Whatever prints the server, or an error of it, prints no secret."""
    server = PostgresServer.of("postgresql://user:swordfish@db.example/tenure")
    told = as_tenure_error(psycopg.OperationalError("connection failed"), server)
    for text in (server.name, repr(server), str(told)):
        assert "swordfish" not in text


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        pytest.param(psycopg.OperationalError("refused"), "Check that it runs", id="unreachable"),
        pytest.param(errors.ReadOnlySqlTransaction("x"), "target_session_attrs", id="a-standby"),
        pytest.param(errors.InsufficientPrivilege("x"), "owner", id="no-right"),
        pytest.param(errors.DiskFull("x"), "disk", id="full"),
        pytest.param(errors.LockNotAvailable("x"), "lock", id="locked"),
        pytest.param(errors.TooManyConnections("x"), "max_connections", id="too-many"),
        pytest.param(errors.UndefinedTable("x"), "backup", id="no-tables"),
    ],
)
def test_every_failure_has_its_cure(error: psycopg.Error, cure: str) -> None:
    """Of them all it is said that asking again may help, and what an administrator does meanwhile."""
    told = as_tenure_error(error, PostgresServer.of("postgresql://db.example/tenure"))
    assert isinstance(told, Unavailable)
    assert told.code is Code.STORAGE_UNAVAILABLE
    assert cure in told.cure


def test_damage_is_told_as_damage() -> None:
    """It is not asked again, but restored."""
    told = as_tenure_error(errors.DataCorrupted("x"), PostgresServer.of("postgresql://db.example/tenure"))
    assert isinstance(told, Untrusted)
    assert told.code is Code.STATE_DAMAGED
