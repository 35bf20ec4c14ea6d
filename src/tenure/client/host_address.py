"""Where an activation host is reached, as an administrator types it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from tenure.core.dns_name import parse_dns_name
from tenure.core.errors import Code, Refused, UsageError

DEFAULT_PORT: Final = 1688
_LONGEST: Final = 300
"""Characters that are looked at: a DNS name has 253 at most (RFC 1035, section 2.3.4)."""
_FORM: Final = re.compile(r"(?:(https?)://)?(\[[^\[\]]*\]|[^:/\[\]]+)(?::([0-9]{1,5}))?/?", re.IGNORECASE)
_FORMS: Final = f"host, host:port or http(s)://host:port; without a port it is {DEFAULT_PORT}"


@dataclass(frozen=True, slots=True)
class HostAddress:
    """A host's scheme, name or IP address, and port. Equal addresses have equal text."""

    scheme: str
    """`http` or `https`; empty, as of every host that is found in the network: as this machine's setting says."""
    name: str
    """Lower case, other letters in their xn-- form; an IPv6 address stands in brackets."""
    port: int

    def base_url(self, *, tls_required: bool) -> str:
        """The base of its URLs, without a trailing slash; the only place that chooses between plain HTTP and TLS.

        `https` was demanded for this host, and `tls_required` demands it for all: there is no way back to plain.

        Raises:
            Refused: code `tls_required`, when plain HTTP was named for the host on a machine that demands TLS.
        """
        if tls_required and self.scheme == "http":
            raise Refused(
                Code.TLS_REQUIRED,
                f"This machine asks hosts over TLS only, and {self.typed} is to be asked without.",
                f"Set it with TLS: tenure client set-host https://{self.text}; or lift the rule: tenure client tls off.",
            )
        scheme = self.scheme or ("https" if tls_required else "http")
        return f"{scheme}://{self.name}:{self.port}"

    @property
    def typed(self) -> str:
        """The address so that `parse_host` reads the same again: with its scheme, if it has one of its own."""
        return f"{self.scheme}://{self.text}" if self.scheme else self.text

    @property
    def text(self) -> str:
        """`name:port`, as reports show it."""
        return f"{self.name}:{self.port}"


def parse_host(typed: str) -> HostAddress:
    """The address in `host`, `host:port`, `http(s)://host:port`, `IP:port` or `[v6]:port`; the port is 1688 by default.

    Without a scheme it has none: the machine's setting chooses.

    Raises:
        UsageError: code `invalid_argument`; says which part is wrong.
    """
    text = typed.strip()
    if len(text) > _LONGEST:
        raise _invalid(text[:40] + "...", "it is too long")
    if not text:
        raise _invalid(text, "it is empty")
    if _is_ipv6(text):
        raise _invalid(text, f"an IPv6 address stands in brackets, as in [{text}]:{DEFAULT_PORT}")
    form = _FORM.fullmatch(text)
    if form is None:
        raise _invalid(text, "it is not of the form host, host:port or http(s)://host:port")
    scheme, name, port = form.groups()
    number = int(port) if port is not None else DEFAULT_PORT
    if not 1 <= number <= 65_535:  # noqa: PLR2004 - the ports that TCP has
        raise _invalid(text, f"port {number} does not exist; 1 to 65535 do")
    return HostAddress((scheme or "").lower(), _name(text, name), number)


def _name(text: str, name: str) -> str:
    if name.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(name[1:-1])}]"
        except ipaddress.AddressValueError as error:
            raise _invalid(text, f"{name} is no IPv6 address") from error
    if re.fullmatch(r"[0-9.]+", name):
        try:
            return str(ipaddress.IPv4Address(name))
        except ipaddress.AddressValueError as error:
            raise _invalid(text, f"{name} is no IPv4 address") from error
    return parse_dns_name(name, what="host name", example=_FORMS)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ipaddress.AddressValueError:
        return False
    return True


def _invalid(text: str, why: str) -> UsageError:
    return UsageError(
        Code.INVALID_ARGUMENT,
        f"{text!r} is no address of a host: {why}.",
        f"Write it as {_FORMS}.",
    )
