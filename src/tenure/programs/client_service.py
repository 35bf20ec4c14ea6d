"""The agent as a service of the system: what `tenure client install-service` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.adapters.os.systemd import Installed, Systemd
from tenure.adapters.os.systemd_unit import Service

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home

NAME: Final = "tenure-agent"


def agent_service(home: Home) -> Service:
    """The agent of this home."""
    return Service(
        name=NAME,
        description="Tenure agent: keeps this machine's products licensed",
        arguments=("client", "run"),
        home=home.root,
    )


def install_agent(home: Home, *, systemd: Systemd | None = None) -> Installed:
    """The agent of this home runs, now and after every start.

    Raises:
        UsageError, LocalFault: as `Systemd.install`.
    """
    return (systemd or Systemd()).install(agent_service(home))
