"""What a systemd unit of Tenure says: systemd.service(5), systemd.exec(5).

The agent runs as root with every capability taken away: it may write the files that root's own commands made in the
state folder, and nothing else. Servers face a network, so each has a user of its own, who owns one part of the home.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.os.home import SYSTEM_HOME
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PRIVATE: Final = (Path("/home"), Path("/root"), Path("/run/user"))
"""What `ProtectHome` hides."""
FLEETING: Final = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - named to be refused
"""What `PrivateTmp` hides, and a cleaner empties."""
_USER_NAME: Final = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
"""The strict rule of systemd.io/USER_NAMES."""

_HARDENING: Final = """\
NoNewPrivileges=yes
ProtectSystem=strict
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
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTraits:
    """What a service that others connect to has beyond an agent."""

    user: str
    """Who it runs as: a system user, made if it is not there."""
    part: str
    """The folder under the home that is that user's."""
    low_port: bool = False
    """It listens below port 1024, for which its user needs the one capability that there is for it."""


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
    server: ServerTraits | None = None
    """None: an agent, which runs as root."""

    @property
    def unit_name(self) -> str:
        """As systemctl takes it."""
        return f"{self.name}.service"

    @property
    def folder(self) -> Path:
        """What it may write."""
        return self.home / self.server.part if self.server else self.home

    @property
    def installer(self) -> str:
        """The command that installs it."""
        return f"tenure {self.arguments[0]} install-service"

    def sysusers(self) -> str | None:
        """The line of sysusers.d(5) by which its user is made; None when it runs as root."""
        if self.server is None:
            return None
        return f'u {self.server.user} - "{self.description}" {_quoted(str(self.home), dollars=False)}\n'

    def unit(self) -> str:
        """The unit's text.

        Raises:
            UsageError: code `invalid_argument`, for a home that the service would not see, or that does not last, or
                a user that is none.
        """
        self._check()
        sections = {
            "Unit": (
                f"Description={self.description}",
                "Wants=network-online.target",
                "After=network-online.target",
                "StartLimitIntervalSec=0",
            ),
            "Service": tuple(self._service()),
            "Install": ("WantedBy=multi-user.target",),
        }
        return "\n".join(f"[{name}]\n" + "".join(f"{line}\n" for line in sections[name]) for name in sections)

    def _service(self) -> Iterator[str]:
        command = [str(self.program), "-P", "-m", "tenure", *self.arguments, "--home", str(self.home)]
        yield "Type=notify" if self.server else "Type=exec"
        yield f"ExecStart={' '.join(map(_quoted, command))}"
        yield "Restart=on-failure"
        yield "RestartSec=30"
        if self.server:
            yield from self._serving(self.server)
        else:
            yield "TimeoutStopSec=20"
            yield "CapabilityBoundingSet="
            yield "UMask=0022"
        # systemd makes its own state folder, in the right mode; another one must be there already.
        if self.home == SYSTEM_HOME:
            yield f"StateDirectory={self.folder.relative_to(SYSTEM_HOME.parent)}"
            yield f"StateDirectoryMode={'0750' if self.server else '0755'}"
        else:
            yield f"ReadWritePaths={_quoted(str(self.folder), dollars=False)}"
        hidden = any(self.program.is_relative_to(folder) for folder in PRIVATE)
        yield f"ProtectHome={'read-only' if hidden else 'yes'}"
        yield from _HARDENING.splitlines()

    @staticmethod
    def _serving(server: ServerTraits) -> Iterator[str]:
        yield "ExecReload=/bin/kill -HUP $MAINPID"
        # A new version may have a large database to bring up to date before it serves.
        yield "TimeoutStartSec=300"
        # A body may take 10 s to arrive (adapters.http.rsgi), and what was accepted is answered.
        yield "TimeoutStopSec=30"
        yield "WatchdogSec=60"
        # 4,096 held requests, as many that wait to be accepted, and files; the usual limit is 1,024.
        yield "LimitNOFILE=65536"
        yield f"User={server.user}"
        yield "UMask=0077"
        capability = "CAP_NET_BIND_SERVICE" if server.low_port else ""
        yield f"CapabilityBoundingSet={capability}"
        yield f"AmbientCapabilities={capability}"
        yield "RemoveIPC=yes"

    def _check(self) -> None:
        if not str(self.home).isprintable():
            raise UsageError(
                Code.INVALID_ARGUMENT, f"{str(self.home)!r} is no folder for a service.", "Use a plain name."
            )
        for folder in (*PRIVATE, *FLEETING):
            if self.home.is_relative_to(folder):
                raise UsageError(
                    Code.INVALID_ARGUMENT,
                    f"A service cannot keep its state in {self.home}: {folder} is private to users, or emptied.",
                    f"Use {SYSTEM_HOME} (root's default) or another folder of the system: --home DIR.",
                )
        if self.server is None:
            return
        user = self.server.user
        if not _USER_NAME.fullmatch(user) or user == "root":
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"{user[:40]!r} is no user for a server that faces a network.",
                "Name a system user of its own, such as tenure: lower-case letters, digits, - and _; it is made "
                "if it is not there.",
            )


def _quoted(word: str, *, dollars: bool = True) -> str:
    """The word as a unit file takes it: systemd.syntax(7); `dollars` where variables would be put in (command lines)."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    if dollars:
        safe = safe.replace("$", "$$")
    return f'"{safe}"' if safe != word or any(c.isspace() or c in "';" for c in word) else word
