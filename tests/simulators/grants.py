"""A publisher's API in memory, as a machine sees it: it grants, or does what a test wants it to do instead."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from tenure.core.errors import TenureError
from tenure.core.grant import Grant
from tenure.wire.enrolment import MachineActivated
from tenure.wire.grant import sign_grant
from tenure.wire.request import open_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.publisher import SimulatedPublisher
    from tenure.wire.keys import SigningKey
    from tenure.wire.request import ActivationRequest

Turn: TypeAlias = "TenureError | Callable[[Grant], Grant] | None"
"""In a script, once: an error is raised; a function says what is signed instead of the grant; None: grant."""


@dataclass
class GrantingPublisher:
    """It grants every request, unless its script has something else for the next one."""

    publisher: SimulatedPublisher
    clock: Callable[[], int]
    script: deque[Turn] = field(default_factory=deque)
    requests: list[ActivationRequest] = field(default_factory=list)
    addresses: list[str | None] = field(default_factory=list)
    """Where it was looked for."""
    newer: tuple[str, ...] | TenureError = ()
    """What it tells of newer catalogs."""
    listed: str | TenureError | None = None
    """Its revocation list."""
    signing_key: SigningKey | None = None
    """Signs its grants; None: the publisher's own."""

    def connect(self, url: str | None) -> GrantingPublisher:
        """It is found under every address."""
        self.addresses.append(url)
        return self

    def activate_machine(self, request: str) -> MachineActivated:
        """The answer to a request that is whole."""
        asked = open_request(request, now=self.clock())
        self.requests.append(asked)
        turn = self.script.popleft() if self.script else None
        if isinstance(turn, TenureError):
            raise turn
        grant = Grant(
            grant_id=str(UUID(int=900 + len(self.requests))),
            publisher_id=self.publisher.publisher_id,
            machine_id=asked.asker,
            product_id=asked.audience,
            fingerprint=asked.fingerprint,
            key_id=asked.key_id,
            nonce=asked.request_id,
            iat=self.clock(),
        )
        document = sign_grant(turn(grant) if turn else grant, self.signing_key or self.publisher.signing_key)
        return MachineActivated(grant=document, used=2, limit=3)

    def catalogs(self, _publisher_id: UUID, *, after: int) -> tuple[str, ...]:
        """Its newer catalogs, whatever the machine knows."""
        assert after >= 0
        if isinstance(self.newer, TenureError):
            raise self.newer
        return self.newer

    def revocations(self, publisher_id: UUID) -> str | None:
        """Its list, if it has one."""
        assert publisher_id == self.publisher.publisher_id
        if isinstance(self.listed, TenureError):
            raise self.listed
        return self.listed
