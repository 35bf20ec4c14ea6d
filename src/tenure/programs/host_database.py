"""`tenure host database`: which database a host records in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.database_url import save_database_url
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.lock import ServerLock
from tenure.host.served import served_by
from tenure.host.setup import record_elsewhere
from tenure.programs.host_storage import require_host, storage_at, storage_of

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home
    from tenure.host.status import StorageStatus


def use_database(home: Home, url: str | None) -> StorageStatus:
    """The host in this home records at `url` from now on; None: in its home. Its machines are not taken along.

    1. no server runs on the home; 2. the database has the newest schema; 3. every pool and product that the host knows
    has a row there; 4. the home says where. What fails leaves the home as it was.

    Raises:
        UsageError: code `invalid_argument` or `not_available`.
        Refused: code `product_taken`.
        LocalFault: code `home_in_use`.
        Unavailable, Untrusted: the database cannot be used.
    """
    storage = storage_at(home, url)
    home.host.mkdir(parents=True, exist_ok=True)
    lock = ServerLock(home.host)
    lock.take()  # 1
    try:
        storage.migrate()  # 2
        store = storage.open_store()
        try:
            record_elsewhere(store)  # 3
            told = storage.status(served_by(store), system_clock())
        finally:
            store.close()
        save_database_url(home.host, url)  # 4
    finally:
        lock.release()
    return told


def database_in_use(home: Home) -> StorageStatus:
    """Which database the host in this home records in.

    Raises:
        UsageError: code `not_set_up`, when there is no host in this home.
        Unavailable, Untrusted: it cannot be used.
    """
    require_host(home)
    storage = storage_of(home)
    storage.migrate()
    store = storage.open_store()
    try:
        return storage.status(served_by(store), system_clock())
    finally:
        store.close()
