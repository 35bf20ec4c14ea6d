"""What an administrator has to know of a server's TLS certificate: whom it names, and until when it is good.

How TLS works is no business of ours; that a certificate is trusted is the peer's to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.policy import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

WARNING_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """A server's own certificate. Times in Unix seconds."""

    names: tuple[str, ...]
    """The DNS names (lower case, may begin with `*.`) and IP addresses that it is for."""
    not_before: int
    not_after: int
    """The last second at which it is good (RFC 5280, section 4.1.2.5)."""

    def warnings(self, now: int, machine_name: str) -> Iterator[str]:
        """What is wrong with it at `now`, or soon will be, on the machine of this name; in sentences."""
        if now > self.not_after:
            yield "The TLS certificate has expired: clients refuse it. Put a new one into its place."
        elif now < self.not_before:
            yield "The TLS certificate is not valid yet: clients refuse it. Is this machine's clock right?"
        elif (days := (self.not_after - now) // DAY) < WARNING_DAYS:
            yield f"The TLS certificate ends in {days} days. Put a new one into its place; no restart is needed."
        if not self.names:
            yield "The TLS certificate names no server (subjectAltName): clients refuse it. Have it issued anew."
        elif not any(_may_be(name, machine_name.lower()) for name in self.names):
            yield (
                f"The TLS certificate is for {', '.join(self.names[:5])}; this machine calls itself {machine_name}. "
                "Clients must be told a name that the certificate has."
            )


def _may_be(name: str, machine: str) -> bool:
    """Whether a name of the certificate may be the machine's; where that cannot be told (an IP address), it may.

    A machine often knows only the first part of its name.
    """
    if ":" in name or name.replace(".", "").isdigit():
        return True
    if name.startswith("*."):
        return "." not in machine or machine.partition(".")[2] == name[2:]
    return name == machine or ("." not in machine and name.partition(".")[0] == machine)
