"""Asking a publisher: its catalogs, what it revoked, a certificate for a host, a grant for a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tenure.adapters.http.client import HttpAnswer, HttpClient, NoAnswerError, UntrustedServerError
from tenure.core.errors import Code, Refused, Unavailable, Untrusted, UsageError
from tenure.wire.enrolment import (
    HostActivated,
    MachineActivated,
    RequestBody,
    decode_host_activated,
    decode_machine_activated,
)
from tenure.wire.problems import error_of
from tenure.wire.revocation import revocations_in
from tenure.wire.trust import catalogs_in

if TYPE_CHECKING:
    from uuid import UUID

_OK = 200


class PublisherClient:
    """One publisher's API at a base URL."""

    def __init__(self, url: str | None, http: HttpClient) -> None:
        """`url` is the base; a trailing slash does not matter.

        Raises:
            UsageError: code `invalid_argument`, when there is no URL.
        """
        if not url:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                "The catalog does not say where its publisher is reached.",
                "Ask the publisher for the address and give it with --publisher URL.",
            )
        self._url = url.rstrip("/")
        self._http = http

    def catalogs(self, publisher_id: UUID, *, after: int) -> tuple[str, ...]:
        """The publisher's catalogs that lead from seq `after` to the newest.

        Raises:
            Refused, Unavailable, Untrusted: what the publisher said, or that it did not answer.
        """
        return catalogs_in(self._ask("GET", f"/v1/publishers/{publisher_id}/catalogs?after={after}").body)

    def revocations(self, publisher_id: UUID) -> str | None:
        """The publisher's newest revocation list; None when it has signed none yet.

        Raises:
            Refused, Unavailable, Untrusted: as `catalogs`.
        """
        try:
            return revocations_in(self._ask("GET", f"/v1/publishers/{publisher_id}/revocations").body)
        except Refused as error:
            if error.code is Code.NOT_FOUND:
                return None
            raise

    def activate_host(self, request: str) -> HostActivated:
        """The certificate for a host's request.

        Raises:
            Refused, Unavailable, Untrusted: what the publisher said, or that it did not answer.
        """
        body = msgspec.json.encode(RequestBody(request))
        return decode_host_activated(self._ask("POST", "/v1/host-activations", body).body)

    def activate_machine(self, request: str) -> MachineActivated:
        """The grant for a machine's request.

        Raises:
            Refused, Unavailable, Untrusted: what the publisher said, or that it did not answer.
        """
        body = msgspec.json.encode(RequestBody(request))
        return decode_machine_activated(self._ask("POST", "/v1/machine-activations", body).body)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> HttpAnswer:
        try:
            answer = self._http.request(method, self._url + path, body=body)
        except NoAnswerError as error:
            raise Unavailable(
                Code.PUBLISHER_UNREACHABLE,
                f"The publisher at {self._url} gave no answer: {error.reason}.",
                error.cure
                or "Check the address, the network and the proxy in between; nothing was changed here. "
                "Without a network, requests can be carried: activate --offline FILE.",
            ) from error
        except UntrustedServerError as error:
            raise Untrusted(
                Code.TLS_UNTRUSTED,
                f"The publisher at {self._url} is not trusted: {error.reason}. Nothing was sent to it.",
                error.cure,
            ) from error
        if answer.status != _OK:
            raise error_of(answer.status, answer.body)
        return answer
