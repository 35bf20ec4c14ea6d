"""Calls to activation hosts, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.http.client import HttpClient, NoAnswerError
from tenure.client.exchange import Answer, Call
from tenure.core.errors import Code, Unavailable

if TYPE_CHECKING:
    from tenure.client.host_address import HostAddress


class HttpHostTransport:
    """`HostTransport` over one HTTP client; usable from many threads."""

    def __init__(self, http: HttpClient) -> None:
        """The client is the caller's to close."""
        self._http = http

    def ask(self, host: HostAddress, call: Call) -> Answer:
        """The host's answer; one that holds the request may take `call.wait` seconds longer."""
        headers = {"prefer": f"wait={call.wait}"} if call.wait else None
        try:
            answer = self._http.request(
                call.method, host.url + call.path, body=call.body, wait=call.wait, headers=headers
            )
        except NoAnswerError as error:
            raise Unavailable(
                Code.HOST_UNREACHABLE,
                f"The host {host.text} gave no answer: {error.reason}.",
                "Check that it runs, its address (tenure client set-host) and the firewall on the way.",
            ) from error
        return Answer(answer.status, answer.body, answer.headers)
