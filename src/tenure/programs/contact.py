"""How a home's programs reach hosts and publishers: the authorities that are trusted for TLS, and whether it is demanded.

Both are read anew with each contact, so that a running agent goes by what an administrator changed.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.own_ca import HOSTS_CA, PUBLISHER_CA, OwnCa, checked_ca
from tenure.adapters.http.client import ANSWER_SECONDS, HttpClient
from tenure.adapters.http.host_transport import HttpHostTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.adapters.os.home import Home
    from tenure.client.state import ClientState
    from tenure.programs.discovery import Ways

SYSTEM_CA: Final = "system"
"""Typed in place of a CA file: the authorities that the system trusts."""


@contextmanager
def reaching_hosts(
    home: Home,
    state: ClientState,
    found_by: Ways,
    *,
    ca: str | None = None,
    seconds: float | None = None,
) -> Iterator[HttpHostTransport]:
    """Calls to hosts, by the rules of this home's machine, their names looked up as `found_by` says.

    A whole answer may take `seconds`, or as long as answers usually may.

    A `ca` that is typed counts for these calls alone. Authorities of one's own whose copy is gone are no reason to
    trust the system's: such calls fail.

    Raises:
        UsageError: code `invalid_argument`, when the CA file holds no certificate.
    """
    kept = home.client / HOSTS_CA if state.own_ca else None
    http = HttpClient(ca=kept if ca is None else ca_file(ca), seconds=seconds or ANSWER_SECONDS)
    try:
        yield HttpHostTransport(http, found_by.named_addresses, tls_required=state.tls_required)
    finally:
        http.close()


@contextmanager
def reaching_publisher(folder: Path) -> Iterator[HttpClient]:
    """Calls to publishers, for the host or the machine whose folder this is."""
    http = HttpClient(ca=OwnCa(folder / PUBLISHER_CA).kept())
    try:
        yield http
    finally:
        http.close()


def keep_hosts_ca(home: Home, ca: str) -> str:
    """The authorities in this file are kept for the hosts of this home's machine; their SHA-256, empty for `system`.

    Raises:
        UsageError: code `invalid_argument`, when the file holds no certificate.
        LocalFault: code `home_unusable`.
    """
    return _kept(OwnCa(home.client / HOSTS_CA), ca)


def trust_for_publisher(folder: Path, ca: str | None) -> None:
    """The host or the machine of this folder trusts these authorities for its publisher, or `system`; None: as before.

    Raises:
        As `keep_hosts_ca`.
    """
    if ca is not None:
        _kept(OwnCa(folder / PUBLISHER_CA), ca)


def ca_file(typed: str) -> Path | None:
    """The file that is meant by what was typed after `--ca`; None: the system's authorities.

    Raises:
        UsageError: code `invalid_argument`, when it holds no certificate.
    """
    if typed == SYSTEM_CA:
        return None
    checked_ca(Path(typed))
    return Path(typed)


def _kept(own: OwnCa, ca: str) -> str:
    if ca != SYSTEM_CA:
        return own.keep(Path(ca))
    own.forget()
    return ""
