"""The endpoints of a publisher (design, section 5). Storage is asked in threads, never on the event loop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tenure
from tenure.adapters.http.publication import PublicationEndpoints
from tenure.adapters.http.publisher_admin import OPERATIONS as ADMINISTRATION
from tenure.adapters.http.publisher_admin import AdminEndpoints
from tenure.adapters.http.publisher_faults import done
from tenure.adapters.http.rsgi import Answer, Request, json_answer
from tenure.publisher.activation import activate_host
from tenure.publisher.audit import Actor
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.revocations import published_list
from tenure.wire.activation import MAX_BODY
from tenure.wire.enrolment import HostActivated, MachineActivated, RequestBody, decode_request
from tenure.wire.openapi import Operation, openapi
from tenure.wire.publication import Health

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tenure.adapters.http.rsgi import Endpoint
    from tenure.publisher.access import Access
    from tenure.publisher.authority import Authority
    from tenure.wire.trust import TrustedCatalogs

OPERATIONS = (
    Operation("POST", "/v1/host-activations", "Activate a host", RequestBody, {200: HostActivated}),
    Operation("POST", "/v1/machine-activations", "Activate a machine", RequestBody, {200: MachineActivated}),
    Operation("GET", "/v1/health", "Whether the publisher serves", None, {200: Health}),
)


class PublisherEndpoints:
    """What a publisher serves, over one authority."""

    def __init__(self, authority: Authority) -> None:
        """The authority decides; these only read and write HTTP."""
        self._authority = authority

    async def host_activations(self, request: Request) -> Answer:
        """`POST /v1/host-activations`."""
        token = decode_request(await request.json_body(MAX_BODY))
        return json_answer(await done(activate_host, self._from(request), token))

    async def machine_activations(self, request: Request) -> Answer:
        """`POST /v1/machine-activations`."""
        token = decode_request(await request.json_body(MAX_BODY))
        return json_answer(await done(activate_machine, self._from(request), token))

    def _from(self, request: Request) -> Authority:
        """The authority, told where the request came from; who asks, the request says itself."""
        return replace(self._authority, actor=Actor("", request.address))

    async def health(self, _request: Request) -> Answer:
        """`GET /v1/health`: 503 when the storage does not answer."""
        await self.catalogs()
        return json_answer(Health(status="ok", time=self._authority.clock(), version=tenure.__version__))

    async def openapi(self, _request: Request) -> Answer:
        """`GET /openapi.json`."""
        return json_answer(openapi("Tenure publisher", (*OPERATIONS, *ADMINISTRATION)))

    async def catalogs(self) -> Mapping[UUID, TrustedCatalogs]:
        """`Published`: this publisher's own."""
        catalogs = await done(self._authority.catalogs)
        return {catalogs.newest.publisher_id: catalogs}

    async def revocations(self, publisher_id: UUID) -> str | None:
        """`Published`: this publisher's own."""
        return await done(published_list, self._authority, publisher_id)


def routes(authority: Authority, access: Access) -> Mapping[str, Endpoint]:
    """Everything that a publisher serves."""
    endpoints = PublisherEndpoints(authority)
    return {
        "POST /v1/host-activations": endpoints.host_activations,
        "POST /v1/machine-activations": endpoints.machine_activations,
        "GET /v1/health": endpoints.health,
        "GET /openapi.json": endpoints.openapi,
        **PublicationEndpoints(endpoints).routes(),
        **AdminEndpoints(access).routes(),
    }
