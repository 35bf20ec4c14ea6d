"""Services of systemd: what a unit says, and how it is put in place.

A unit here runs as root with every capability taken away: it may write the files that root's own commands made in the
state folder, and nothing else. A user of its own could not share that folder with those commands.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import write_atomically
from tenure.adapters.os.home import SYSTEM_HOME
from tenure.core.errors import Code, LocalFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

UNIT_FOLDER: Final = Path("/etc/systemd/system")
_BOOTED: Final = Path("/run/systemd/system")
"""There when systemd started this machine: sd_booted(3)."""
_PRIVATE: Final = (Path("/home"), Path("/root"), Path("/run/user"))
"""What `ProtectHome` hides."""
_FLEETING: Final = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - named to be refused
"""What `PrivateTmp` hides, and a cleaner empties."""
_SECONDS: Final = 60
"""How long systemctl may take."""

_HARDENING: Final = """\
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome={protect_home}
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0022
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A command of Tenure that is to run from the start of the system on."""

    name: str
    """Without `.service`."""
    description: str
    arguments: Sequence[str]
    """Of `tenure`; the home is added."""
    home: Path
    program: Path = Path(sys.executable)
    """The Python that has Tenure."""

    @property
    def unit_name(self) -> str:
        """As systemctl takes it."""
        return f"{self.name}.service"

    def unit(self) -> str:
        """The unit's text.

        Raises:
            UsageError: code `invalid_argument`, for a home that the service would not see, or that does not last.
        """
        if not str(self.home).isprintable():
            raise UsageError(
                Code.INVALID_ARGUMENT, f"{str(self.home)!r} is no folder for a service.", "Use a plain name."
            )
        for folder in (*_PRIVATE, *_FLEETING):
            if self.home.is_relative_to(folder):
                raise UsageError(
                    Code.INVALID_ARGUMENT,
                    f"A service cannot keep its state in {self.home}: {folder} is private to users, or emptied.",
                    f"Use {SYSTEM_HOME} (root's default) or another folder of the system: --home DIR.",
                )
        hidden = any(self.program.is_relative_to(folder) for folder in _PRIVATE)
        command = [str(self.program), "-P", "-m", "tenure", *self.arguments, "--home", str(self.home)]
        # systemd makes its own state folder, in the right mode; another one must be there already.
        state = (
            "StateDirectory=tenure\nStateDirectoryMode=0755"
            if self.home == SYSTEM_HOME
            else f"ReadWritePaths={_quoted(str(self.home), dollars=False)}"
        )
        return (
            "[Unit]\n"
            f"Description={self.description}\n"
            "Wants=network-online.target\n"
            "After=network-online.target\n"
            "StartLimitIntervalSec=0\n"
            "\n"
            "[Service]\n"
            "Type=exec\n"
            f"ExecStart={' '.join(map(_quoted, command))}\n"
            "Restart=on-failure\n"
            "RestartSec=30\n"
            "TimeoutStopSec=20\n"
            f"{state}\n"
            f"{_HARDENING.format(protect_home='read-only' if hidden else 'yes')}"
            "\n"
            "[Install]\n"
            "WantedBy=multi-user.target\n"
        )


class Systemd:
    """The service manager of this machine."""

    def __init__(
        self, *, folder: Path = UNIT_FOLDER, booted: Path = _BOOTED, systemctl: str = "systemctl"
    ) -> None:
        """Units go to `folder`; where `booted` is missing, nothing can be started."""
        self._folder = folder
        self._booted = booted
        self._systemctl = systemctl

    def install(self, service: Service) -> Path:
        """The service runs, now and after every start of the system; what comes back is its unit's file.

        Installing it again replaces the unit and starts the service anew.

        Raises:
            UsageError: as `Service.unit`.
            LocalFault: code `service_not_installed`, when systemd did not start this machine, the unit cannot be
                written, or systemctl refuses.
        """
        text = service.unit()
        if not self._booted.exists():
            raise _failed(
                "This machine was not started by systemd (a container, an image, another system).",
                "Start `tenure client run` by what starts services here; --print shows the unit for an image.",
            )
        path = self._folder / service.unit_name
        try:
            service.home.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text.encode())
        except (LocalFault, OSError) as error:
            detail = error.detail if isinstance(error, LocalFault) else f"{error}."
            raise _failed(detail, "Run it as root: sudo tenure client install-service.") from error
        self._run("daemon-reload")
        self._run("enable", service.unit_name)
        self._run("restart", service.unit_name)
        return path

    def _run(self, *arguments: str) -> None:
        command = [self._systemctl, *arguments]
        cure = f"See: systemctl {' '.join(arguments)}; journalctl -xe."
        try:
            done = subprocess.run(  # noqa: S603 - systemctl, with arguments of ours
                command, capture_output=True, text=True, check=False, timeout=_SECONDS, errors="replace"
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise _failed(f"{' '.join(command)} could not be run: {error}.", cure) from error
        if done.returncode:
            said = " ".join(done.stderr.split())[:500] or f"exit code {done.returncode}"
            raise _failed(f"{' '.join(command)} failed: {said}", cure)


def _quoted(word: str, *, dollars: bool = True) -> str:
    """The word as a unit file takes it: systemd.syntax(7); `dollars` where variables would be put in (command lines)."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    if dollars:
        safe = safe.replace("$", "$$")
    return f'"{safe}"' if safe != word or any(c.isspace() or c in "';" for c in word) else word


def _failed(detail: str, cure: str) -> LocalFault:
    return LocalFault(Code.SERVICE_NOT_INSTALLED, detail, cure)
