"""`tenure host record`: what an administrator must keep about a host."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import write_atomically
from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.host.record import HostRecord, host_record
from tenure.host.served import served_by
from tenure.programs.host import open_store
from tenure.programs.host_listening import listening_at, tls_files_at
from tenure.programs.host_storage import require_host, storage_of
from tenure.programs.server_tls import server_tls

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.adapters.os.home import Home


def record(home: Home) -> HostRecord:
    """The record of the host in this home.

    Raises:
        UsageError: code `not_set_up`, when there is no host in this home.
        Unavailable, Untrusted: its database cannot be used.
    """
    require_host(home)
    storage = storage_of(home)
    tls = tls_files_at(home) or server_tls(home.host).files
    with open_store(home) as store:
        return host_record(
            store,
            served_by(store),
            HostKeyFolder(home.host),
            name=socket.gethostname(),
            url=listening_at(home),
            recorded_in=storage.name if storage.shared else None,
            files_elsewhere=(str(tls.certificate), str(tls.key)) if tls is not None else (),
        )


def save_page(page: str, file: Path) -> None:
    """The page is in the file, whole.

    Raises:
        LocalFault: code `home_unusable`.
    """
    write_atomically(file.expanduser().absolute(), page.encode())
