"""Hosts that gave no lease, and the one error that tells of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.client.host_address import HostAddress


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A host that gave no lease, so that the next one was asked."""

    host: HostAddress
    error: TenureError

    def __str__(self) -> str:
        return f"{self.host.text}: {self.error.detail}"


def no_host(passed_over: Sequence[PassedOver], unfound: Unavailable | None) -> TenureError:
    """The one error that tells why no host gave a lease; `unfound` is why the DNS named no other host.

    Of one host, its own. Of several, a rule's refusal tells most, then an answer that cannot be trusted; else no
    host could be reached.
    """
    named = "; ".join(str(one) for one in passed_over)
    if unfound is not None and all(isinstance(one.error, Unavailable) for one in passed_over):
        detail = f"{unfound.detail} The host that answered last gave no lease. {named}"
        return Unavailable(unfound.code, detail, unfound.cure, unfound.hresult)
    if len(passed_over) == 1:
        return passed_over[0].error
    for kind in (Refused, Untrusted):
        for one in passed_over:
            if isinstance(one.error, kind):
                return kind(
                    one.error.code, f"No host gave a lease. {named}", one.error.cure, one.error.hresult
                )
    return Unavailable(
        Code.HOST_UNREACHABLE,
        f"No host could be reached. {named}",
        "Check the network, and the addresses: tenure client check-host.",
    )
