"""Host and publisher as services of the system: what `install-service` of each does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.adapters.os.systemd import Installed, Systemd
from tenure.adapters.os.systemd_unit import ServerTraits, Service
from tenure.programs import host

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home

HOST_USER: Final = "tenure"
LOOPBACK: Final = "127.0.0.1"
PUBLISHER_USER: Final = "tenure-publisher"
"""Another one: a host that was broken into on the publisher's machine must not reach the publisher's keys."""
_UNPRIVILEGED: Final = 1024
"""The first port that every user may listen on: ip(7), ip_unprivileged_port_start."""


def host_service(home: Home, *, user: str = HOST_USER, port: int | None = None) -> Service:
    """The host of this home; without a port on the one that is set there, whichever it is at each start.

    Raises:
        Unavailable, Untrusted: the home's database cannot be used.
    """
    return Service(
        name="tenure-host",
        description="Tenure activation host",
        arguments=("host", "serve", *(("--port", str(port)) if port is not None else ())),
        home=home.root,
        server=ServerTraits(
            user=user, part=home.host.name, low_port=(port or host.listening_port(home)) < _UNPRIVILEGED
        ),
    )


def publisher_service(
    home: Home, *, user: str = PUBLISHER_USER, address: str = LOOPBACK, port: int
) -> Service:
    """The publisher of this home, on the loopback address unless said otherwise."""
    where = () if address == LOOPBACK else ("--host", address)
    return Service(
        name="tenure-publisher",
        description="Tenure publisher",
        arguments=("publisher", "serve", *where, "--port", str(port)),
        home=home.root,
        server=ServerTraits(user=user, part=home.publisher.name, low_port=port < _UNPRIVILEGED),
    )


def install(service: Service, *, systemd: Systemd | None = None) -> Installed:
    """The service runs, now and after every start of the system.

    Raises:
        UsageError, LocalFault: as `Systemd.install`.
    """
    return (systemd or Systemd()).install(service)


def remove(service: Service, *, systemd: Systemd | None = None) -> bool:
    """The service is gone, its state and its user are not. False: it was not installed.

    Raises:
        LocalFault: as `Systemd.remove`.
    """
    return (systemd or Systemd()).remove(service)
