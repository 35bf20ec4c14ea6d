"""The tokens of the publisher's API: what `tenure publisher token` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import SECRET, write_atomically
from tenure.programs.publisher import open_authority
from tenure.publisher import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tenure.adapters.os.home import Home
    from tenure.publisher.tokens import ApiToken, Role


def add(home: Home, name: str, role: Role, *, days: int | None, out: Path | None) -> tuple[str, ApiToken]:
    """A new token; in the file `out` (mode 0600), when it is given. The token itself is kept nowhere else."""
    with open_authority(home) as authority:
        text, token = tokens.add_token(authority, name, role, days=days)
    if out is not None:
        write_atomically(out, text.encode() + b"\n", mode=SECRET)
    return text, token


def every(home: Home) -> Sequence[ApiToken]:
    """All tokens."""
    with open_authority(home) as authority:
        return tokens.list_tokens(authority)


def remove(home: Home, name: str) -> None:
    """The token is good for nothing from now on; a running publisher need not be told."""
    with open_authority(home) as authority:
        tokens.remove_token(authority, name)
