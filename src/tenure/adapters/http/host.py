"""The endpoints of an activation host (design, section 5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import tenure
from tenure.adapters.http.publication import PublicationEndpoints
from tenure.adapters.http.rsgi import Answer, Endpoint, Request, json_answer
from tenure.core.errors import Code, Refused
from tenure.core.turned_away import Reason, nobody_counts
from tenure.host.desk import Held
from tenure.host.revocation_status import health_status
from tenure.wire.activation import MAX_BODY, MAX_WAIT, ActivationBody, Granted, Waiting, decode_activation
from tenure.wire.openapi import Operation, openapi
from tenure.wire.publication import Certificates, Health, PoolHealth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tenure.core.clock import Clock
    from tenure.core.turned_away import TurnedAway
    from tenure.host.desk import Desk
    from tenure.wire.trust import TrustedCatalogs

_WAIT: Final = re.compile(r'(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;[^,]*)?(?=,|$)', re.IGNORECASE)

OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/activations",
        "Activate a machine, or renew its lease",
        ActivationBody,
        {200: Granted, 202: Waiting},
        ({"name": "Prefer", "in": "header", "schema": {"type": "string", "examples": ["wait=60"]}},),
    ),
    Operation("GET", "/v1/health", "Time, host and counts", None, {200: Health}),
    Operation("GET", "/v1/certificates", "The host's certificates", None, {200: Certificates}),
)


class HostEndpoints:
    """What a host serves, over one desk."""

    def __init__(self, desk: Desk, clock: Clock, *, turned_away: TurnedAway = nobody_counts) -> None:
        """The desk decides; these only read and write HTTP. `turned_away` hears of requests that it never saw."""
        self._desk = desk
        self._clock = clock
        self._turned_away = turned_away

    async def activations(self, request: Request) -> Answer:
        """`POST /v1/activations`."""
        wait = preferred_wait(request.header("prefer"))
        try:
            body = decode_activation(await request.json_body(MAX_BODY))
        except Refused as error:
            too_large = error.code is Code.TOO_LARGE
            self._turned_away(Reason.TOO_LARGE if too_large else Reason.UNREADABLE, request.address)
            raise
        answer = await self._desk.activate(body, address=request.address, wait=wait)
        if not isinstance(answer, Held):
            return json_answer(answer)
        headers = [("retry-after", str(answer.retry_after))]
        if answer.waited is not None:
            headers.append(("preference-applied", f"wait={answer.waited}"))
        return json_answer(answer.body, status=202, headers=headers)

    async def health(self, _request: Request) -> Answer:
        """`GET /v1/health`: always 200 while the process serves; `status` says how well."""
        served, now = self._desk.served, self._clock()
        pools = {
            (product.certificate.publisher_id, product.pool): PoolHealth(
                publisher_id=product.certificate.publisher_id,
                pool=product.pool,
                count=self._desk.counts.get(product.terms.row, 0),
                threshold=product.terms.threshold,
            )
            for product in served.products.values()
        }
        return json_answer(
            Health(
                status=health_status(served, now),
                time=now,
                version=tenure.__version__,
                host_id=served.identity.host_id if served.identity else None,
                pools=tuple(pools.values()),
            )
        )

    async def catalogs(self) -> Mapping[UUID, TrustedCatalogs]:
        """`Published`: those of every publisher that this host knows."""
        return {
            publisher_id: publisher.catalogs
            for publisher_id, publisher in self._desk.served.publishers.items()
        }

    async def revocations(self, publisher_id: UUID) -> str | None:
        """`Published`: as the publisher signed it."""
        publisher = self._desk.served.publishers.get(publisher_id)
        return publisher.revocations.token if publisher and publisher.revocations else None

    async def openapi(self, _request: Request) -> Answer:
        """`GET /openapi.json`."""
        return json_answer(openapi("Tenure activation host", OPERATIONS))

    async def certificates(self, _request: Request) -> Answer:
        """`GET /v1/certificates`: the host's certificates, one a publisher."""
        tokens = (p.certificate_token for p in self._desk.served.publishers.values())
        return json_answer(Certificates(tuple(token for token in tokens if token is not None)))


def routes(endpoints: HostEndpoints) -> Mapping[str, Endpoint]:
    """Everything that a host serves."""
    return {
        "POST /v1/activations": endpoints.activations,
        "GET /v1/health": endpoints.health,
        "GET /v1/certificates": endpoints.certificates,
        "GET /openapi.json": endpoints.openapi,
        **PublicationEndpoints(endpoints).routes(),
    }


def preferred_wait(header: str | None) -> int:
    """The seconds of `Prefer: wait=N` (RFC 7240, section 4.3): over 60 counts as 60, absent or malformed as 0."""
    found = _WAIT.search(header[:1000]) if header else None
    return min(int(found.group(1)), MAX_WAIT) if found else 0
