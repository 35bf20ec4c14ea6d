"""The parameters after the question mark: known names, once each, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from tenure.core.errors import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_QUERY: Final = 4_096
"""Bytes; ten names of 255 characters fit, percent-encoded."""
MAX_NUMBER: Final = 2**53


class Parameters:
    """What was asked for; a name that is not known is refused, since whoever mistyped one would be answered wrongly."""

    def __init__(self, query: str, known: Collection[str]) -> None:
        """Read the query.

        Raises:
            Refused: code `invalid_request`.
        """
        if len(query) > MAX_QUERY:
            raise Refused(Code.INVALID_REQUEST, f"A query here has at most {MAX_QUERY:,} characters.")
        try:
            pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=len(known))
        except ValueError as error:
            raise Refused(Code.INVALID_REQUEST, "The query is not readable.", "Percent-encode it.") from error
        self._values = dict(pairs)
        if len(self._values) != len(pairs) or not self._values.keys() <= set(known):
            raise Refused(
                Code.INVALID_REQUEST,
                "The query has a parameter twice, or one that is not known.",
                f"Known are {', '.join(sorted(known))}.",
            )

    def text(self, name: str) -> str:
        """The parameter's text; empty when it is not there."""
        return self._values.get(name, "")

    def number(self, name: str, *, least: int = 0, most: int = MAX_NUMBER) -> int | None:
        """The parameter's whole number within these bounds; None when it is not there.

        Raises:
            Refused: code `invalid_request`.
        """
        value = self._values.get(name)
        if value is None:
            return None
        number = int(value) if value.isascii() and value.isdecimal() and len(value) <= len(str(most)) else -1
        if not least <= number <= most:
            raise Refused(Code.INVALID_REQUEST, f"{name} is a whole number from {least:,} to {most:,}.")
        return number
