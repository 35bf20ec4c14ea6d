"""Calls to activation hosts, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.adapters.http.client import (
    HttpAnswer,
    HttpClient,
    NoAnswerError,
    NotConnectedError,
    UntrustedServerError,
)
from tenure.client.exchange import Answer, Call
from tenure.core.errors import Code, Unavailable, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenure.client.host_address import HostAddress

_MOST_ADDRESSES: Final = 8
"""Of one name, tried one after the other; a host has one or two."""


class HttpHostTransport:
    """`HostTransport` over one HTTP client; usable from many threads."""

    def __init__(
        self,
        http: HttpClient,
        addresses: Callable[[str], Sequence[str]] | None = None,
        *,
        tls_required: bool = False,
    ) -> None:
        """The client is the caller's to close; with `tls_required` no host is asked without TLS.

        `addresses` looks names up, in place of this machine's own resolver; it may raise `Unavailable`, and gives one
        address at least.
        """
        self._tls_required = tls_required
        self._http = http
        self._addresses = addresses

    def ask(self, host: HostAddress, call: Call) -> Answer:
        """The host's answer; one that holds the request may take `call.wait` seconds longer."""
        url = host.base_url(tls_required=self._tls_required) + call.path
        addresses = self._addresses(host.name)[:_MOST_ADDRESSES] if self._addresses else (None,)
        try:
            answer = self._first_answer(url, call, addresses)
        except NoAnswerError as error:
            raise Unavailable(
                Code.HOST_UNREACHABLE,
                f"The host {host.text} gave no answer: {error.reason}.",
                error.cure
                or "Check that it runs, its address (tenure client set-host) and the firewall on the way.",
            ) from error
        except UntrustedServerError as error:
            raise Untrusted(
                Code.TLS_UNTRUSTED,
                f"The host {host.text} is not trusted: {error.reason}. Nothing was sent to it.",
                error.cure,
            ) from error
        return Answer(answer.status, answer.body, answer.headers)

    def _first_answer(self, url: str, call: Call, addresses: Sequence[str | None]) -> HttpAnswer:
        """What the first address that takes a connection answers; the last one's failure is the host's."""
        for address in addresses[:-1]:
            try:
                return self._answer(url, call, address)
            except NotConnectedError:
                continue
        return self._answer(url, call, addresses[-1])

    def _answer(self, url: str, call: Call, address: str | None) -> HttpAnswer:
        headers = {"prefer": f"wait={call.wait}"} if call.wait else None
        return self._http.request(
            call.method,
            url,
            body=call.body,
            wait=call.wait,
            headers=headers,
            address=address,
        )
