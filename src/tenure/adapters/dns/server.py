"""The address of a DNS server, as an administrator types it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from tenure.core.errors import Code, UsageError

DNS_PORT: Final = 53
_LONGEST: Final = 80
"""Characters that are looked at: an IPv6 address, brackets and a port take 53."""
_WRITTEN: Final = re.compile(r"[0-9A-Za-z:.\[\]%_-]+")
"""Letters of an address, with the zone of a link-local one (fe80::1%eth0, RFC 4007)."""
_FORM: Final = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class DnsServer:
    """Where questions are sent."""

    address: str
    """An IPv4 or IPv6 address, without brackets."""
    port: int = DNS_PORT

    @property
    def text(self) -> str:
        """`address:port`, an IPv6 address in brackets."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def parse_dns_server(typed: str) -> DnsServer:
    """The server in `ADDR`, `ADDR:PORT` or `[V6]:PORT`; the port is 53 by default.

    An address and no name: a name would have to be looked up at the very DNS that is in doubt.

    Raises:
        UsageError: code `invalid_argument`; says which part is wrong.
    """
    text = typed.strip()
    if len(text) > _LONGEST:
        raise _invalid(text[:40] + "...", "it is too long")
    if not _WRITTEN.fullmatch(text):
        raise _invalid(text, "it has no IP address")
    if _address(text) is not None and ":" in text:
        return DnsServer(str(ipaddress.IPv6Address(text)))
    form = _FORM.fullmatch(text)
    address = _address(form[1].removeprefix("[").removesuffix("]")) if form else None
    if form is None or address is None or (":" in address) != form[1].startswith("["):
        raise _invalid(text, "it has no IP address")
    port = int(form[2]) if form[2] else DNS_PORT
    if not 1 <= port <= 65_535:  # noqa: PLR2004 - the ports that there are
        raise _invalid(text, f"port {port} does not exist; 1 to 65535 do")
    return DnsServer(address, port)


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _invalid(text: str, why: str) -> UsageError:
    return UsageError(
        Code.INVALID_ARGUMENT,
        f"{text!r} is no address of a DNS server: {why}.",
        "Write its IP address, with a port if it is not 53: 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:5353.",
    )
