"""Closes connections of a server that granian would leave open: it bounds their number, not whose they are.

Each second the process looks at its own open files. Of the sockets that were accepted on the server's port it closes

    1. those in one request for over two minutes: no request of ours takes so long
    2. those from which nothing came for a minute and a half, without a request: a reader that does not read
    3. of an address that holds more than its share: first the idle ones, the longest open first

granian closes a silent or idle connection after its header timeout; that is most of them. How a socket is closed from
here: its descriptor is duplicated, looked at, and shut down, so that granian sees its peer leave. The duplicate names the
same socket whatever becomes of the number meanwhile. Where a system does not list open files (Windows) nothing is closed
here.
"""

from __future__ import annotations

import logging
import os
import socket
import stat
import struct
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.adapters.http.folded_log import FoldedLog
from tenure.core.peers import address_of, counted_as
from tenure.core.turned_away import Reason, nobody_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tenure.core.turned_away import TurnedAway

ROUND_SECONDS: Final = 1.0
REQUEST_SECONDS: Final = 120.0
"""A held request takes 60 (`Prefer: wait`), its body at most 10 and a commit at most 5."""
QUIET_SECONDS: Final = 90.0
_LISTS: Final = ("/proc/self/fd", "/dev/fd")
"""Where Linux, and where macOS, list a process's open files."""
_LAST_DATA: Final = struct.Struct("52x I")
"""`tcpi_last_data_recv` of Linux's tcp_info: milliseconds since something came from the peer."""

log = logging.getLogger("tenure.http")


@dataclass(frozen=True, slots=True)
class _Open:
    """An open file, as it was when it was first seen."""

    inode: int
    client: str
    """The peer of a connection of the server, as granian writes it; empty: something else."""
    since: float


class Warden:
    """Looks after the connections of one port. Each `round` is called from one thread at a time."""

    def __init__(
        self,
        port: int,
        answering: Mapping[str, float],
        *,
        share: Callable[[str], int],
        turned_away: TurnedAway = nobody_counts,
        elapsed: Callable[[], float] = time.monotonic,
        quiet: Callable[[socket.socket], float] | None = None,
    ) -> None:
        """`answering` says of each peer that is in a request since when; `share` how many an address may hold.

        `turned_away` hears of every connection that was closed. `quiet` says since how many seconds nothing came from a
        peer; without it the system does.
        """
        self._port = port
        self._answering = answering
        self._share = share
        self._turned_away = turned_away
        self._elapsed = elapsed
        self._quiet = quiet or quiet_seconds
        self._known: dict[int, _Open] = {}
        self._log = FoldedLog(log)

    def round(self) -> int:
        """How many connections were closed."""
        now = self._elapsed()
        closed = 0
        by_address: dict[str, list[int]] = defaultdict(list)
        for descriptor in self._connections(now):
            address = address_of(self._known[descriptor].client)
            if self._overstays(descriptor, now):
                gone = self._close(descriptor)
                self._turned_away(Reason.OVERSTAYED, address, times=gone)
                closed += gone
                self._log.warn(Reason.OVERSTAYED, f"a connection of {address} was closed: it came to no end")
            else:
                by_address[counted_as(address)].append(descriptor)
        for descriptors in by_address.values():
            address = address_of(self._known[descriptors[0]].client)
            excess = len(descriptors) - self._share(address)
            if excess > 0:
                gone = sum(self._close(one) for one in sorted(descriptors, key=self._keep)[:excess])
                self._turned_away(Reason.CONNECTIONS, address, times=gone)
                self._log.warn(
                    Reason.CONNECTIONS,
                    f"{address} held {len(descriptors):,} connections; {gone:,} were closed",
                    times=gone,
                )
                closed += gone
        return closed

    def _connections(self, now: float) -> Iterator[int]:
        """The descriptors of the server's connections; what is known of a number holds while its inode does."""
        known: dict[int, _Open] = {}
        for descriptor in _open_files():
            try:
                status = os.fstat(descriptor)
            except OSError:
                continue
            if not stat.S_ISSOCK(status.st_mode):
                continue
            found = self._known.get(descriptor)
            if found is None or found.inode != status.st_ino:
                found = _Open(status.st_ino, self._client(descriptor, status.st_ino), now)
            known[descriptor] = found
        self._known = known
        return (descriptor for descriptor, found in known.items() if found.client)

    def _client(self, descriptor: int, inode: int) -> str:
        with _Borrowed(descriptor, inode) as connection:
            return peer_of(connection, self._port) if connection is not None else ""

    def _overstays(self, descriptor: int, now: float) -> bool:
        found = self._known[descriptor]
        started = self._answering.get(found.client)
        if started is not None:
            return now - started > REQUEST_SECONDS
        if now - found.since <= QUIET_SECONDS:
            return False
        with _Borrowed(descriptor, found.inode) as connection:
            return connection is not None and self._quiet(connection) > QUIET_SECONDS

    def _keep(self, descriptor: int) -> tuple[bool, float]:
        """The larger, the longer a connection is left to its address: a request first, then the younger."""
        found = self._known[descriptor]
        return found.client in self._answering, found.since

    def _close(self, descriptor: int) -> int:
        with _Borrowed(descriptor, self._known[descriptor].inode) as connection:
            if connection is None:
                return 0
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                return 0
            return 1


class _Borrowed:
    """A socket of somebody else's, by its number, for a `with` block: None when the number means another one by now."""

    def __init__(self, descriptor: int, inode: int) -> None:
        self._connection: socket.socket | None = None
        try:
            copy = os.dup(descriptor)
        except OSError:
            return
        try:
            same = os.fstat(copy).st_ino == inode
            self._connection = socket.socket(fileno=copy) if same else None
        except OSError:
            self._connection = None
        if self._connection is None:
            os.close(copy)

    def __enter__(self) -> socket.socket | None:
        return self._connection

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()


def peer_of(connection: socket.socket, port: int) -> str:
    """The peer of a connection that was accepted on `port`, as granian writes it; empty for any other socket."""
    if connection.family not in {socket.AF_INET, socket.AF_INET6}:
        return ""
    try:
        if connection.getsockname()[1] != port:
            return ""
        host, peer_port, *zone = connection.getpeername()
    except OSError:
        return ""
    if not zone:
        return f"{host}:{peer_port}"
    scope = f"%{zone[1]}" if zone[1] else ""
    return f"[{host.partition('%')[0]}{scope}]:{peer_port}"


def _open_files() -> list[int]:
    for path in _LISTS:
        try:
            return [int(name) for name in os.listdir(path) if name.isdigit()]  # noqa: PTH208 - Path.iterdir makes an object of each of thousands
        except OSError:
            continue
    return []


def quiet_seconds(connection: socket.socket) -> float:
    """Since when nothing came from the peer; 0 where the system does not tell."""
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return 0.0
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, option, _LAST_DATA.size)
        (milliseconds,) = _LAST_DATA.unpack(told)
    except (OSError, struct.error):
        return 0.0
    return float(milliseconds) / 1000
