"""Names and addresses as this machine's own system gives them: hosts file, DNS, routes, and whatever else it is set to."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Unavailable, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def system_addresses(name: str) -> tuple[str, ...]:
    """The IP addresses of a host name or address (IPv6 in brackets), in the order in which they would be tried.

    Raises:
        Unavailable: code `dns_no_record` or `dns_unavailable`.
    """
    bare = name.removeprefix("[").removesuffix("]")
    try:
        found = socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        missing = isinstance(error, UnicodeError) or error.errno in {socket.EAI_NONAME, _EAI_NODATA}
        reason = getattr(error, "strerror", None) or str(error)
        raise Unavailable(
            Code.DNS_NO_RECORD if missing else Code.DNS_UNAVAILABLE,
            f"The name {bare} has no address here: {reason}.",
            "Check the spelling, the DNS suffix and the DNS server of this machine; or use the host's IP address.",
        ) from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def address_towards(address: str) -> str:
    """This machine's own address on the way to another one. No packet is sent: the system looks at its routes.

    Raises:
        Unavailable: code `dns_unavailable`, when no route leads there.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, _ANY_PORT))
            return str(probe.getsockname()[0])
    except OSError as error:
        raise Unavailable(
            Code.DNS_UNAVAILABLE,
            f"This machine knows no way to {address}: {error.strerror}.",
            "Check its network, or name its address with --address.",
        ) from error


def own_name(suffixes: Sequence[str], *, host_name: str | None = None) -> str:
    """This machine's whole name: its host name, with the first DNS suffix if it has no dot itself. Nobody is asked.

    `host_name` stands for what the system says.

    Raises:
        UsageError: code `invalid_argument`, when it has neither.
    """
    name = socket.gethostname() if host_name is None else host_name
    whole = f"{name}.{suffixes[0]}" if "." not in name and suffixes else name
    if "." not in whole or whole.startswith("localhost."):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"This machine is called {name[:60]!a}, which is no name that others could look up.",
            "Name it as other machines do: --target host.corp.example.",
        )
    return whole


_ANY_PORT: Final = 53
"""Routes do not depend on ports."""
_EAI_NODATA = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)
"""A name without addresses; some systems do not tell it from a name that does not exist."""
