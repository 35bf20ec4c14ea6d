"""A machine's state on disk, as commands and an agent leave it, and the product on it that asks for its license."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simulators.publisher import NOW, SimulatedPublisher
from simulators.world import GrantingHost, World
from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.fingerprint import machine_fingerprint
from tenure.adapters.os.home import Home
from tenure.core.license_status import LicenseStatus
from tenure.programs.license import License

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.core.catalog import Product


@dataclass
class StudioPublisher(SimulatedPublisher):
    """Its workstation product may not export without a license, and not save when functionality is reduced."""

    @property
    def workstation(self) -> Product:
        """The workstation product."""
        return replace(
            super().workstation,
            features={"export": LicenseStatus.NOTIFICATION, "save": LicenseStatus.REDUCED_FUNCTIONALITY},
        )


@dataclass
class LicensedMachine:
    """A machine with a home; until `install` it has no key, until `activate` no lease."""

    root: Path
    now: int = NOW
    publisher: SimulatedPublisher = field(default_factory=StudioPublisher)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is on disk yet, but the installation's id where the system has none."""
        self.home = Home(self.root)
        self.world = World(
            publisher=self.publisher,
            store=FileClientStore(self.home.client),
            now=self.now,
            fingerprint=machine_fingerprint(self.home.client, self.publisher.publisher_id),
        )

    def install(self) -> GrantingHost:
        """The workstation's key is installed and a host is set."""
        return self.world.install()

    def activate(self) -> None:
        """The key is installed and a lease is held."""
        self.install()
        self.world.activation.activate(self.world.product_id)

    def license(self) -> License:
        """What the product makes at its start; its clock is the world's."""
        return License(
            root_key=self.publisher.root.public.jwk,
            product_id=self.world.product_id,
            home=self.root,
            clock=self.world.clock,
        )

    @property
    def product_file(self) -> Path:
        """The installed key's file."""
        return self._file("products")

    @property
    def lease_file(self) -> Path:
        """The lease's file."""
        return self._file("leases")

    @property
    def catalog_file(self) -> Path:
        """The publisher's catalogs."""
        return self.home.client / "catalogs" / f"{self.publisher.publisher_id}.json"

    def _file(self, kind: str) -> Path:
        return self.home.client / kind / f"{self.world.product_id}.json"
