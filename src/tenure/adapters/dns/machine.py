"""The DNS as a machine meets it: its own, or a server that was named. dnspython is loaded with the first question."""

from __future__ import annotations

import ipaddress
from functools import cached_property
from typing import TYPE_CHECKING

from tenure.core.dns_errors import dns_error

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tenure.adapters.dns.resolver import DnsResolver
    from tenure.adapters.dns.server import DnsServer
    from tenure.core.network import SrvAnswer


class MachineDns:
    """`Dns` of a client. A machine whose hosts are set never asks, and pays for nothing."""

    def __init__(self, server: DnsServer | None = None, *, file: Path | None = None) -> None:
        """Questions go to `server`, else to the machine's own; `file` stands for /etc/resolv.conf."""
        self.server = server
        self._file = file

    def srv(self, name: str) -> SrvAnswer:
        """The SRV records of a whole name.

        Raises:
            Unavailable: code `dns_unavailable`, when this machine knows no server to ask.
        """
        return self._resolver.srv(name)

    def own_domains(self) -> Sequence[str]:
        """The machine's own domain, then its search list."""
        from tenure.adapters.dns.resolver import machine_domains  # noqa: PLC0415 - as the module says

        return machine_domains(self._file)

    def addresses(self, name: str) -> tuple[str, ...]:
        """The IP addresses of a host's name, by the server that was named; an address is its own.

        Raises:
            Unavailable: `dns_no_record` or `dns_unavailable`.
        """
        bare = name.removeprefix("[").removesuffix("]")
        try:
            return (str(ipaddress.ip_address(bare)),)
        except ValueError:
            answer = self._resolver.addresses(name)
        error = dns_error(answer)
        if error is not None:
            raise error
        return answer.addresses

    @cached_property
    def _resolver(self) -> DnsResolver:
        from tenure.adapters.dns.resolver import DnsResolver  # noqa: PLC0415 - as the module says

        return DnsResolver(self.server, file=self._file)
