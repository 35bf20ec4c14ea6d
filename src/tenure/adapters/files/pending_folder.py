"""Requests that were carried away, in one file for each publisher or product that they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from tenure.adapters.files.atomic import read_file, write_atomically
from tenure.core.errors import Code, TenureError, Untrusted
from tenure.wire.jws import MAX_DOCUMENT
from tenure.wire.pending import MAX_PENDING, PendingRequests
from tenure.wire.request import request_of

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

_LIMIT: Final = 2 * MAX_PENDING * MAX_DOCUMENT


class _File(Struct, frozen=True, kw_only=True):
    format: Literal[1]
    requests: tuple[Annotated[str, Meta(max_length=MAX_DOCUMENT)], ...]


class FilePendingFolder:
    """`PendingFolder` in files that everybody may read: a request holds no secret."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before it is needed."""
        self._folder = folder

    def pending(self, audience: UUID) -> PendingRequests:
        """The requests to this publisher, or for this product.

        Raises:
            LocalFault: code `home_unusable`.
            Untrusted: code `state_damaged`.
        """
        path = self._path(audience)
        data = read_file(path, limit=_LIMIT)
        if data is None:
            return PendingRequests()
        try:
            requests = msgspec.json.decode(data, type=_File).requests
            for token in requests:
                request_of(token)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TenureError) as error:
            raise Untrusted(
                Code.STATE_DAMAGED,
                f"The requests that were carried away, in {path}, cannot be read.",
                "Remove the file, and make a new request: activate --offline FILE.",
            ) from error
        return PendingRequests(requests)

    def save_pending(self, audience: UUID, requests: PendingRequests) -> None:
        """They are these.

        Raises:
            LocalFault: code `home_unusable`.
        """
        write_atomically(
            self._path(audience), msgspec.json.encode(_File(format=1, requests=requests.tokens)) + b"\n"
        )

    def _path(self, audience: UUID) -> Path:
        return self._folder / f"{audience}.json"
