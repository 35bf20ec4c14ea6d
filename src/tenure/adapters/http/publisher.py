"""The endpoints of a publisher (design, section 5). Storage is asked in threads, never on the event loop."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

import tenure
from tenure.adapters.http.publication import PublicationEndpoints
from tenure.adapters.http.rsgi import Answer, Request, json_answer
from tenure.core.errors import Code, TenureError, Unavailable
from tenure.publisher.activation import activate_host
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.revocations import published_list
from tenure.wire.activation import MAX_BODY
from tenure.wire.enrolment import HostActivated, MachineActivated, RequestBody, decode_request
from tenure.wire.openapi import Operation, openapi
from tenure.wire.publication import Health

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping
    from uuid import UUID

    from tenure.adapters.http.rsgi import Endpoint
    from tenure.publisher.authority import Authority
    from tenure.wire.trust import TrustedCatalogs

T = TypeVar("T")

log = logging.getLogger("tenure.publisher")

_OWN_FAULTS = {Code.STORAGE_UNAVAILABLE, Code.STATE_DAMAGED, Code.NOT_SET_UP, Code.HOME_UNUSABLE}
"""Codes that no request can bring about: they speak of the publisher's home."""

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
        return json_answer(await _told(asyncio.to_thread(activate_host, self._authority, token)))

    async def machine_activations(self, request: Request) -> Answer:
        """`POST /v1/machine-activations`."""
        token = decode_request(await request.json_body(MAX_BODY))
        return json_answer(await _told(asyncio.to_thread(activate_machine, self._authority, token)))

    async def health(self, _request: Request) -> Answer:
        """`GET /v1/health`: 503 when the storage does not answer."""
        await self.catalogs()
        return json_answer(Health(status="ok", time=self._authority.clock(), version=tenure.__version__))

    async def openapi(self, _request: Request) -> Answer:
        """`GET /openapi.json`."""
        return json_answer(openapi("Tenure publisher", OPERATIONS))

    async def catalogs(self) -> Mapping[UUID, TrustedCatalogs]:
        """`Published`: this publisher's own."""
        catalogs = await _told(asyncio.to_thread(self._authority.catalogs))
        return {catalogs.newest.publisher_id: catalogs}

    async def revocations(self, publisher_id: UUID) -> str | None:
        """`Published`: this publisher's own."""
        return await _told(asyncio.to_thread(published_list, self._authority, publisher_id))


async def _told(work: Awaitable[T]) -> T:
    """What `work` gives; a fault of the publisher's own home is logged here, and told as its own, without its paths.

    Raises:
        Unavailable: the home's fault: `storage_unavailable` where it may pass, else `internal`.
        TenureError: a fault of the request, as it was raised.
    """
    try:
        return await work
    except TenureError as error:
        if error.code not in _OWN_FAULTS:
            raise
        log.error("the publisher cannot answer: %s", error)  # noqa: TRY400 - words for an operator, no traceback
        if error.code is Code.STORAGE_UNAVAILABLE:
            raise Unavailable(
                error.code, "The publisher cannot read or write its records now.", "Try again later."
            ) from error
        raise Unavailable(Code.INTERNAL, "The publisher failed.", "Its log says more.") from error


def routes(authority: Authority) -> Mapping[str, Endpoint]:
    """Everything that a publisher serves."""
    endpoints = PublisherEndpoints(authority)
    return {
        "POST /v1/host-activations": endpoints.host_activations,
        "POST /v1/machine-activations": endpoints.machine_activations,
        "GET /v1/health": endpoints.health,
        "GET /openapi.json": endpoints.openapi,
        **PublicationEndpoints(endpoints).routes(),
    }
