"""The addresses of a name, as this machine's own resolver gives them: hosts file, DNS, and whatever else it is set to."""

from __future__ import annotations

import socket

from tenure.core.errors import Code, Unavailable


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


_EAI_NODATA = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)
"""A name without addresses; some systems do not tell it from a name that does not exist."""
