"""The bodies of what host and publisher tell everyone: health, certificates, publishers, catalogs."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct


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
