"""`tenure up`: publisher and host on one machine, set up on the first run, started as they are on every other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from tenure.adapters.files.keys import public_path
from tenure.adapters.files.publisher_keys import PublisherKeyFolder
from tenure.adapters.files.quickstart import write_quickstart
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import Kind
from tenure.programs import host, publisher
from tenure.programs.host_server import HostServer
from tenure.programs.publisher_server import PublisherServer
from tenure.publisher.authority import NewProduct

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home

SAMPLE_PUBLISHER: Final = "Example Software"
SAMPLE_PRODUCTS: Final = (
    NewProduct(
        name="Draft Studio", kind=Kind.WORKSTATION, features={"export": LicenseStatus.REDUCED_FUNCTIONALITY}
    ),
    NewProduct(name="Render Server", kind=Kind.SERVER),
)
"""What a trial sells: exactly two pools come of it, one a kind."""


class Up:
    """The whole system in one process."""

    def __init__(self, home: Home, address: str, *, port: int, publisher_port: int) -> None:
        """Choose the addresses; nothing is set up or served yet."""
        self._home = home
        self._address = address
        self._port = port
        self._publisher_port = publisher_port
        self._publisher: PublisherServer | None = None
        self._host: HostServer | None = None
        self.quickstart: dict[str, Any] = {}

    async def start(self) -> None:
        """Publisher and host answer, and `quickstart.json` says where.

        1. on the first run a trial publisher with a sample catalog is made; 2. the publisher serves, and a new
        catalog says where; 3. on the first run the host gets a trial key and is activated over the network;
        4. the host serves; 5. the quickstart file is written.

        Raises:
            TenureError: naming what kept it from starting; whatever had started is stopped again.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Host and publisher have stopped, in this order."""
        if self._host is not None:
            await self._host.stop()
        if self._publisher is not None:
            await self._publisher.stop()
        self._host = self._publisher = None

    async def reload(self) -> None:
        """Both servers have looked at their files again."""
        for server in (self._publisher, self._host):
            if server is not None:
                await server.reload()

    def alive(self) -> bool:
        """Whether both do their work."""
        return all(server is None or server.alive() for server in (self._publisher, self._host))

    async def _start(self) -> None:
        home = self._home
        catalog_path = home.catalogs / "trial.json"
        # 1
        await asyncio.to_thread(_make_publisher, home)
        # 2
        self._publisher = PublisherServer(home, self._address, self._publisher_port)
        await self._publisher.start()
        newest = await asyncio.to_thread(publisher.move, home, self._publisher.url)
        publisher.export_catalog(home, catalog_path)
        # 3
        if not host.is_activated(home):
            key, _ = publisher.issue_host_key(home, pools=(), customer="Trial", agreement="", trial=True)
            await asyncio.to_thread(host.install_key, home, key.text, catalog=catalog_path, root=None)
            await asyncio.to_thread(host.activate, home, publisher_url=self._publisher.url, publisher_id=None)
        else:
            await asyncio.to_thread(host.follow_catalogs, home, catalog_path)
        # 4
        self._host = HostServer(home, self._address, self._port)
        await self._host.start()
        # 5
        keys = PublisherKeyFolder(home.publisher)
        self.quickstart = write_quickstart(
            home.quickstart,
            activation_url=self._host.url,
            publisher_url=self._publisher.url,
            publisher_key=public_path(keys.signing_path),
            root_key=public_path(keys.root_path),
            catalog=catalog_path,
            newest=newest,
        )


def _make_publisher(home: Home) -> None:
    """There is a trial publisher with the sample products; what exists is left as it is."""
    with publisher.open_authority(home, make=True) as authority, authority.store.reading() as rows:
        exists = rows.publisher_id() is not None
    if not exists:
        publisher.init(home, name=SAMPLE_PUBLISHER, contact="licenses@publisher.example", publisher_url=None)
    with publisher.open_authority(home) as authority:
        if not authority.catalogs().newest.products:
            authority.add_products(SAMPLE_PRODUCTS)
