"""What a machine asks with: hosts, publishers, its own key, clock and name. Commands and the agent share it."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tenure.adapters.files.machine_key import machine_key
from tenure.adapters.http.publisher_client import PublisherClient
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.fingerprint import ensure_installation, is_virtual, machine_fingerprint
from tenure.adapters.os.randomness import draw, new_uuid
from tenure.client.activation import Activation, Progress, Surroundings
from tenure.client.any_activation import AnyActivation
from tenure.client.grant_activation import GrantActivation
from tenure.core.os_id import FROM_SYSTEM
from tenure.programs.contact import reaching_hosts, reaching_publisher
from tenure.programs.discovery import AS_SET, Lookup, ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.client.discovery import Dns
    from tenure.client.state import ClientStore


@contextmanager
def activation_of(
    home: Home,
    store: ClientStore,
    *,
    tell: Callable[[Progress], None],
    fingerprint_of: Callable[[UUID], str] | None = None,
    lookup: Lookup = AS_SET,
    publisher_url: str | None = None,
    answer_seconds: float | None = None,
) -> Iterator[AnyActivation]:
    """How the machine in this home activates its products.

    `fingerprint_of` instead of the machine's own is for rehearsals; `publisher_url` is asked instead of the catalogs'.
    A host is given `answer_seconds` for its answer; None: the usual time.

    Raises:
        UsageError: code `invalid_argument`, when there is nothing to look hosts up by in `lookup`.
    """
    state = store.load()
    found_by = ways(state.machine, lookup)
    surroundings = surroundings_of(home, found_by.dns, fingerprint_of)
    with (
        reaching_hosts(home, state, found_by, seconds=answer_seconds) as hosts,
        reaching_publisher(home.client) as http,
    ):
        yield AnyActivation(
            store,
            Activation(store, hosts, surroundings, tell=tell, domain=found_by.domain),
            GrantActivation(
                store,
                lambda url: PublisherClient(url, http),
                surroundings,
                lambda: machine_key(home.client),
                url=publisher_url,
                tell=tell,
            ),
        )


def surroundings_of(
    home: Home, dns: Dns, fingerprint_of: Callable[[UUID], str] | None = None
) -> Surroundings:
    """What the machine in this home brings along, whomever it asks; `fingerprint_of` as in `activation_of`."""

    def source() -> str:
        # A rehearsal stands for machines that are as they should be.
        return FROM_SYSTEM if fingerprint_of is not None else ensure_installation(home.client).source

    return Surroundings(
        clock=system_clock,
        fingerprint_of=fingerprint_of or (lambda p: machine_fingerprint(home.client, p)),
        hostname=own_name(),
        virtual=is_virtual(),
        new_uuid=new_uuid,
        draw=draw,
        elapsed=time.monotonic,
        pause=time.sleep,
        dns=dns,
        fingerprint_source=source,
    )


def own_name() -> str:
    """The machine's name as reports of the host show it, cut to what a request may hold."""
    name = "".join(c for c in socket.gethostname() if c.isprintable())[:255]
    return name or "unnamed"
