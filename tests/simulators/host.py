"""An activation host in memory: the real desk over a memory ledger, without threads, sockets or files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from simulators.publisher import NOW, SimulatedPublisher, seeded
from tenure.host.desk import Desk
from tenure.host.memory import MemoryLedger
from tenure.host.served import Served, snapshot
from tenure.host.store import Enrolment, HostIdentity, StoredRows

if TYPE_CHECKING:
    from tenure.core.errors import TenureError
    from tenure.host.ledger import Entry, Receipt, Refusal

HOST_ID = UUID("22222222-2222-4222-8222-222222222222")


class SimulatedHost:
    """A host of one publisher whose ledger commits each request at once; its clock is set by the test."""

    def __init__(self, publisher: SimulatedPublisher | None = None, *, certificate: bool = True) -> None:
        """Activated, unless `certificate` is False."""
        self.now = NOW
        self.publisher = publisher or SimulatedPublisher()
        self.key = seeded(3)
        self.ledger = MemoryLedger()
        self.ledger_error: TenureError | None = None
        self.desk = Desk(submit=self._submit, clock=lambda: self.now)
        token = self.publisher.certify(self.key, HOST_ID) if certificate else None
        self.serve(token)

    def serve(self, certificate: str | None, *, revocations: str | None = None) -> None:
        """Serve under this certificate, knowing this revocation list, from now on."""
        self.desk.serve(self.snapshot(certificate, revocations=revocations), self.key)

    def serve_with(self, settings: dict[str, str]) -> None:
        """Serve by these settings from now on."""
        certificate = self.publisher.certify(self.key, HOST_ID)
        self.desk.serve(self.snapshot(certificate, settings=settings), self.key)

    def snapshot(
        self,
        certificate: str | None,
        *,
        settings: dict[str, str] | None = None,
        revocations: str | None = None,
    ) -> Served:
        """What this host serves under a certificate."""
        products = {self.publisher.workstation.product_id: 1, self.publisher.server.product_id: 2}
        pools = {
            (self.publisher.publisher_id, "workstations"): 1,
            (self.publisher.publisher_id, "servers"): 2,
        }
        enrolment = Enrolment(
            self.publisher.publisher_id, (self.publisher.catalog_token,), certificate, revocations
        )
        return snapshot(
            HostIdentity(HOST_ID, NOW - 500), [enrolment], StoredRows(pools, products), settings or {}
        )

    def _submit(self, entry: Entry | Refusal) -> asyncio.Future[Receipt | None]:
        future: asyncio.Future[Receipt | None] = asyncio.get_running_loop().create_future()
        if self.ledger_error is not None:
            future.set_exception(self.ledger_error)
            return future
        (receipt,) = self.ledger.commit([entry])
        future.set_result(receipt)
        self.desk.counted(self.ledger.counts(self.now), self.ledger.newest_row)
        return future
