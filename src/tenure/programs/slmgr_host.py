"""The host's side of `slmgr`. Needs the servers' packages, so `programs.slmgr` imports it only where a host is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.adapters.os.clock import system_clock
from tenure.core.errors import TenureError
from tenure.host.licenses import HostLicenses, host_licenses
from tenure.host.served import served_by
from tenure.host.store import identity_of
from tenure.programs import host, host_offline
from tenure.programs.host_listening import listening_at
from tenure.programs.host_storage import storage_of
from tenure.wire.parcel import Form

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.host.store import HostStore


def licenses(home: Home) -> tuple[HostLicenses, str | None]:
    """The licenses of the host in this home, and where its server listens (None: it is not running)."""
    keys = HostKeyFolder(home.host)

    def partial_key_of(publisher_id: UUID) -> str | None:
        try:
            key = keys.product_key(publisher_id)
        except TenureError:
            # Its owner alone may read it; the rest is for everybody.
            return None
        return key.partial if key else None

    with host.open_store(home) as store:
        identity_of(store)
        served = served_by(store)
        now = system_clock()
        counts = storage_of(home).counts(served, now)
        told = host_licenses(store, served, counts, partial_key_of=partial_key_of, now=now)
    return told, listening_at(home)


def install_key(home: Home, typed: str, *, catalog: Path) -> str:
    """The host in this home has the key; the name of its publisher."""
    return host.install_key(home, typed, catalog=catalog, root=None).publisher


def activate(home: Home, publisher_id: UUID | None) -> int:
    """The host has a new certificate from its publisher: when that ends, Unix seconds."""
    _, certificate = host.activate(home, publisher_url=None, publisher_id=publisher_id)
    return certificate.exp


def installation_id(home: Home, publisher_id: UUID | None) -> tuple[str, str]:
    """The publisher's name, and the host's request to it as a text block."""
    away, delivered = host_offline.request(home, publisher_id=publisher_id, out=None, form=Form.TEXT)
    return away.publisher, delivered.shown or ""


def deposit(home: Home, data: bytes, publisher_id: UUID | None) -> list[tuple[UUID, int]]:
    """The publishers whose certificates the host took, and when these end, Unix seconds."""
    confirmed = host_offline.confirm(home, data, publisher_id=publisher_id)
    return [(one.certificate.publisher_id, one.certificate.exp) for one in confirmed]


def change_setting(home: Home, change: Callable[[HostStore], None]) -> bool:
    """The setting is changed; whether the host is activated."""
    with host.open_store(home) as store:
        identity_of(store)
        change(store)
        return any(enrolment.certificate is not None for enrolment in store.enrolments())
