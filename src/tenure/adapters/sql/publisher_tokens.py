"""The tokens of a publisher's API in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from tenure.adapters.sql.publisher_tables import api_token
from tenure.publisher.tokens import ApiToken, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


class SqlTokenRows:
    """`TokenRows` of one open transaction."""

    def __init__(self, connection: Connection) -> None:
        """The connection has begun."""
        self._connection = connection

    def tokens(self) -> Sequence[ApiToken]:
        """All tokens, oldest first."""
        return [
            ApiToken(
                name=row.name,
                role=Role(row.role),
                digest=row.digest,
                made_at=row.made_at,
                expires_at=row.expires_at,
            )
            for row in self._connection.execute(select(api_token).order_by(api_token.c.id))
        ]

    def add_token(self, token: ApiToken) -> None:
        """The token is good."""
        self._connection.execute(
            insert(api_token).values(
                name=token.name,
                role=token.role.value,
                digest=token.digest,
                made_at=token.made_at,
                expires_at=token.expires_at,
            )
        )

    def remove_token(self, name: str) -> None:
        """No token has this name."""
        self._connection.execute(delete(api_token).where(api_token.c.name == name))
