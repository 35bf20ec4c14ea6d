"""Machines as a host sees them: request bodies, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from tenure.core.license_status import LicenseStatus
from tenure.wire.activation import ActivationBody

_numbers = count(1)


@dataclass
class SimulatedMachine:
    """One installation of one product; every `ask` is a new request unless its id is given."""

    product_id: UUID
    number: int = field(default_factory=lambda: next(_numbers))
    fingerprint: str | None = None
    machine_id: UUID | None = None

    def ask(
        self,
        now: int,
        *,
        request_id: UUID | None = None,
        license_status: LicenseStatus = LicenseStatus.NOTIFICATION,
        hostname: str | None = None,
    ) -> ActivationBody:
        """The body of a request at `now`."""
        return ActivationBody(
            machine_id=self.machine_id or UUID(int=self.number),
            product_id=self.product_id,
            request_id=request_id or UUID(int=next(_numbers) << 64),
            hostname=hostname or f"pc-{self.number}.example",
            fingerprint=self.fingerprint or f"fingerprint-{self.number:020}",
            virtual=False,
            license_status=license_status,
            minutes_remaining=0,
            client_time=now,
        )
