"""The host certificate: a publisher's statement that a host may grant leases, where and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.policy import DAY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tenure.core.policy import Policy

LIFETIME_SECONDS: Final = 730 * DAY
"""How long a host certificate is valid by default."""
RENEWAL_SECONDS: Final = 180 * DAY
"""How long before its end a host renews its certificate by itself, free of charge."""
WARNING_DAYS: Final = (90, 30, 7)
"""When `tenure host status` warns of a certificate's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCertificate:
    """What a publisher signed about a host, valid in [iat, exp)."""

    certificate_id: str
    publisher_id: UUID
    host_id: UUID
    host_kid: str
    """JWK thumbprint of the host's key: the `kid` of every lease it signs."""
    host_x: str
    """The host's Ed25519 public key, base64url."""
    pools: Mapping[str, Policy]
    org: str
    agreement: str
    trial: bool
    key_id: str
    """The host key that it was activated with."""
    nonce: str
    """`jti` of the request that asked for it."""
    iat: int
    exp: int

    def valid_at(self, at: int) -> bool:
        """Whether leases may be granted under it at `at` (Unix seconds)."""
        return self.iat <= at < self.exp

    def renews_from(self) -> int:
        """When its host begins to ask for the next one (Unix seconds).

        One that is valid for less than 360 days is left alone for its first half: else it would be renewed each day.
        """
        return self.exp - min(RENEWAL_SECONDS, (self.exp - self.iat) // 2)
