"""TLS of a server: which files it is given, and what its administrator should know of them."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.adapters.files.tls_files import TlsFiles, TlsSetting, read_pair
from tenure.adapters.os.clock import system_clock
from tenure.core.errors import Code, LocalFault, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.adapters.files.tls_files import TlsSource
    from tenure.core.server_certificate import ServerCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """How a server is set to speak TLS."""

    files: TlsFiles | None
    """None: it is not; plain HTTP is served."""
    certificate: ServerCertificate | None = None
    """None although there are files: they cannot be used, and `warnings` say why."""
    warnings: tuple[str, ...] = ()


def tls_source(folder: Path, certificate: Path | None, key: Path | None) -> TlsSource:
    """The files that a command names; if it names none, those that are set for the server of this folder.

    Raises:
        UsageError: code `invalid_argument`, when one is named without the other.
    """
    if certificate is not None or key is not None:
        files = _both(certificate, key)
        return lambda: files
    return TlsSetting(_path(folder)).read


def change_server_tls(folder: Path, certificate: Path | None, key: Path | None, *, off: bool) -> ServerTls:
    """The server of this folder speaks TLS with these files, or with `off` no longer; without either nothing changes.

    A server that runs goes by it within a minute.

    Raises:
        UsageError: code `invalid_argument`, when one is named without the other, or with `off`.
        LocalFault: code `tls_files_unusable`, and nothing was set; `home_unusable`.
    """
    setting = TlsSetting(_path(folder))
    named = certificate is not None or key is not None
    if off and named:
        raise UsageError(
            Code.INVALID_ARGUMENT, "TLS is turned off, or given a certificate; not both.", "Leave --off out."
        )
    if off:
        setting.save(None)
    elif named:
        files = _both(certificate, key)
        read_pair(files)
        setting.save(files)
    return server_tls(folder)


def server_tls(folder: Path, *, served: TlsFiles | None = None) -> ServerTls:
    """What the server of this folder has, and what is wrong with it; it never raises for that.

    `served` is what a running server was given by its command line; else what is set counts.
    """
    try:
        files = served or TlsSetting(_path(folder)).read()
    except LocalFault as error:
        return ServerTls(files=None, warnings=(str(error),))
    if files is None:
        return ServerTls(files=None)
    try:
        facts = read_pair(files).facts
    except LocalFault as error:
        return ServerTls(files=files, warnings=(str(error),))
    return ServerTls(
        files=files,
        certificate=facts,
        warnings=tuple(facts.warnings(system_clock(), socket.gethostname())),
    )


def _path(folder: Path) -> Path:
    return folder / "tls.json"


def _both(certificate: Path | None, key: Path | None) -> TlsFiles:
    if certificate is None or key is None:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "TLS takes a certificate and its private key, each in a PEM file.",
            "Name both.",
        )
    return TlsFiles(certificate.expanduser().absolute(), key.expanduser().absolute())
