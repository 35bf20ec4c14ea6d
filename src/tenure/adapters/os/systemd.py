"""The service manager of this machine: how a unit is put in place and taken away."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import write_atomically
from tenure.adapters.os.ownership import give
from tenure.adapters.os.systemd_unit import FLEETING, PRIVATE
from tenure.core.errors import Code, LocalFault, TenureError

if TYPE_CHECKING:
    from tenure.adapters.os.systemd_unit import Service

UNIT_FOLDER: Final = Path("/etc/systemd/system")
SYSUSERS_FOLDER: Final = Path("/etc/sysusers.d")
_BOOTED: Final = Path("/run/systemd/system")
"""There when systemd started this machine: sd_booted(3)."""
_SECONDS: Final = 60
"""How long systemctl may take."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A service in its place."""

    file: Path
    """Its unit."""
    started: bool
    """False where systemd is installed and did not start this machine: the service starts with the next boot."""


class Systemd:
    """The service manager of this machine."""

    def __init__(
        self,
        *,
        folder: Path = UNIT_FOLDER,
        sysusers: Path = SYSUSERS_FOLDER,
        booted: Path = _BOOTED,
        programs: Path | None = None,
    ) -> None:
        """Units go to `folder`; where `booted` is missing, nothing can be started.

        systemd's programs are looked for in `programs`, else in PATH.
        """
        self._folder = folder
        self._sysusers = sysusers
        self._booted = booted
        self._programs = programs

    def install(self, service: Service) -> Installed:
        """The service runs, now and after every start of the system.

        Installing it again replaces the unit and starts the service anew. 1. the unit is checked; 2. its user exists;
        3. its folder exists, and is that user's alone; 4. the unit is written; 5. it is enabled and started.

        Raises:
            UsageError: as `Service.unit`.
            LocalFault: code `service_not_installed`, when this machine has no systemd, the unit cannot be written, or
                systemd refuses.
        """
        # 1
        text = service.unit()
        self._check_machine(service)
        path = self._folder / service.unit_name
        try:
            # 2
            self._make_user(service)
            # 3
            service.folder.mkdir(parents=True, exist_ok=True)
            if service.server is not None:
                service.folder.chmod(0o750)
                give(service.folder, service.server.user)
            # 4
            write_atomically(path, text.encode())
        except (LocalFault, OSError) as error:
            if isinstance(error, LocalFault) and error.code is Code.SERVICE_NOT_INSTALLED:
                raise
            detail = error.detail if isinstance(error, TenureError) else f"{error}."
            raise _failed(detail, f"Run it as root: sudo {service.installer}.") from error
        # 5
        booted = self._booted.exists()
        if booted:
            self._run("systemctl", "daemon-reload")
        self._run("systemctl", "enable", service.unit_name)
        if booted:
            self._run("systemctl", "restart", service.unit_name)
        return Installed(path, booted)

    def remove(self, service: Service) -> bool:
        """The service has stopped and does not start again; its state and its user stay. False: there was none.

        Raises:
            LocalFault: code `service_not_installed`, when its files cannot be removed, or systemctl refuses.
        """
        path = self._folder / service.unit_name
        if not path.exists():
            return False
        if not os.access(self._folder, os.W_OK):
            raise _failed(
                f"This user may not change {self._folder}.",
                f"Run it as root: sudo {service.installer} --remove.",
            )
        booted = self._booted.exists()
        self._run("systemctl", "disable", *(["--now"] if booted else []), service.unit_name)
        path.unlink()
        self._sysusers_file(service).unlink(missing_ok=True)
        if booted:
            self._run("systemctl", "daemon-reload")
        return True

    def _check_machine(self, service: Service) -> None:
        if not self._folder.exists():
            raise _failed(
                "This machine has no systemd.",
                f"Start `tenure {' '.join(service.arguments)}` by what starts services here; --print shows the unit.",
            )
        hidden = (*PRIVATE, *FLEETING) if service.server else FLEETING
        # A virtual environment's Python is a link, and may lead into a user's folder again.
        for program in (service.program, service.program.resolve()):
            for folder in hidden:
                if program.is_relative_to(folder):
                    raise _failed(
                        f"The service could not run {program}: {folder} is closed to it.",
                        "Install Tenure for the whole system, with its own Python: python3 -m venv /opt/tenure.",
                    )

    def _make_user(self, service: Service) -> None:
        line = service.sysusers()
        if line is not None:
            write_atomically(self._sysusers_file(service), line.encode())
            self._run("systemd-sysusers", str(self._sysusers_file(service)))

    def _sysusers_file(self, service: Service) -> Path:
        return self._sysusers / f"{service.name}.conf"

    def _run(self, name: str, *arguments: str) -> None:
        command = [str(self._programs / name) if self._programs else name, *arguments]
        cure = f"See: {name} {' '.join(arguments)}; journalctl -xe."
        try:
            done = subprocess.run(  # noqa: S603 - systemd's programs, with arguments of ours
                command, capture_output=True, text=True, check=False, timeout=_SECONDS, errors="replace"
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise _failed(f"{' '.join(command)} could not be run: {error}.", cure) from error
        if done.returncode:
            said = " ".join(done.stderr.split())[:500] or f"exit code {done.returncode}"
            raise _failed(f"{' '.join(command)} failed: {said}", cure)


def _failed(detail: str, cure: str) -> LocalFault:
    return LocalFault(Code.SERVICE_NOT_INSTALLED, detail, cure)
