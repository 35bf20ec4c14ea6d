"""The bodies of what host and publisher tell everyone, and what a closed network is brought instead, in a file."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.core.errors import Code, Untrusted
from tenure.wire.printable import one_line


class PoolHealth(Struct, frozen=True, kw_only=True):
    """One pool's count at this moment."""

    publisher_id: UUID
    pool: str
    count: int
    threshold: int


class Health(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`GET /v1/health`; a publisher has no host id and no pools."""

    status: str
    time: int
    version: str
    host_id: UUID | None = None
    pools: tuple[PoolHealth, ...] | None = None


class Certificates(Struct, frozen=True):
    """`GET /v1/certificates` of a host."""

    certificates: tuple[str, ...]


class Publishers(Struct, frozen=True):
    """`GET /v1/publishers`."""

    publishers: tuple[UUID, ...]


class PublisherUpdate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A publisher's catalogs as they travel, and its newest revocation list; a file of catalogs alone is one too."""

    catalogs: Annotated[tuple[str, ...], Meta(min_length=1, max_length=1000)]
    revocations: str | None = None


def update_in(data: bytes) -> PublisherUpdate:
    """What a file brings.

    Raises:
        Untrusted: code `document_malformed`.
    """
    try:
        return msgspec.json.decode(data, type=PublisherUpdate)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Untrusted(
            Code.DOCUMENT_MALFORMED,
            f"The file brings no catalogs and revocations: {one_line(error)}.",
            "The publisher exports it again: tenure publisher revocations export.",
        ) from error
