"""What a server lets its peers take of it, as far as granian can be told (ADR 0011 says what is and is not bounded)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from tenure.adapters.os.open_files import open_files

BACKLOG: Final = 4096
"""Connections that may wait to be accepted: a site that boots at once stands in line instead of being refused."""
HEADER_SECONDS: Final = 10.0
"""How long a client may take to send its headers, and stay idle between two requests."""
HEADER_BYTES: Final = 8 * 1024
"""Of one request, its first line included: the least that the server's parser (hyper) can be told, and what most servers
take. Headers are at most 100."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a server lets its peers take of it."""

    places: int = 700
    """Connections at a time; more of them stand in line. This many fit into the usual 1,024 open files."""
    header_seconds: float = HEADER_SECONDS


USUAL: Final = Bounds()
"""Of a server that nobody gave others."""


def bounds_for(most: int, *, share: float) -> Bounds:
    """Places for `most` connections, or as many as fit into this server's `share` of the files that may be open.

    A server that runs out of files spins instead of waiting: so it must never accept more than there are.
    """
    return Bounds(min(most, int(open_files(math.ceil(most / share)) * share)))
