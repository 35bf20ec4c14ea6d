"""A home whose host was activated by a simulated publisher, as the commands would have left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.host import HOST_ID
from simulators.publisher import seeded
from tenure.adapters.files.keys import load_key, save_key
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.adapters.sql.migrations import History, migrate
from tenure.host.store import HostIdentity

if TYPE_CHECKING:
    from uuid import UUID

    from simulators.publisher import SimulatedPublisher
    from tenure.adapters.os.home import Home


def activate_home(
    home: Home,
    publisher: SimulatedPublisher,
    *,
    now: int,
    trial: bool = False,
    host_id: UUID = HOST_ID,
    seed: int = 3,
) -> None:
    """The home's host holds the publisher's catalog and a certificate since `now` - 1 day; `seed` makes its key."""
    key_path = home.host / "host.jwk"
    if not key_path.exists():
        save_key(key_path, seeded(seed))
    key = load_key(key_path)
    path = home.host / "host.db"
    migrate(path, History.HOST)
    store = SqlHostStore(path)
    store.set_identity(HostIdentity(host_id, now - 500))
    store.save_catalogs(publisher.publisher_id, (publisher.catalog_token,), publisher.catalog)
    store.save_certificate(
        publisher.publisher_id, publisher.certify(key, host_id, iat=now - 86_400, trial=trial)
    )
    store.close()
