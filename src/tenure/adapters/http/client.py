"""Asking hosts and publishers over HTTP/1.1: bounded answers, no redirects, no proxies, no surprises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError
from urllib3.util import parse_url

from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 30.0
"""How long an answer may take, beside the time that a request itself asks the server to wait."""
MAX_ANSWER: Final = 8 * 1024 * 1024
"""Bytes of an answer: a long list of catalogs of 1 MiB each is the largest there is."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswerError(Exception):
    """The server could not be reached, or its answer broke off; `reason` says how, in a few words."""

    def __init__(self, reason: str) -> None:
        """`reason` is for people."""
        super().__init__(reason)
        self.reason = reason


class NotConnectedError(NoAnswerError):
    """No connection came about: another address of the same server may be tried."""


class HttpClient:
    """One pool of connections; usable from many threads."""

    def __init__(self, *, connections: int = 4, keep_alive: bool = False) -> None:
        """A fresh connection a request, as a fleet does it, unless `keep_alive`."""
        self._pool = urllib3.PoolManager(num_pools=16, maxsize=connections, retries=False)
        self._headers = {"user-agent": "tenure", "accept": "application/json"}
        if not keep_alive:
            self._headers["connection"] = "close"

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        wait: int = 0,
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
    ) -> HttpAnswer:
        """The server's answer; the server may take `wait` seconds longer than usual.

        With an IP `address` the connection goes there, while the URL's name stays what the server is called, in
        `Host` and in TLS; the name is not looked up.

        Raises:
            NotConnectedError: no connection came about, so nothing was sent.
            NoAnswerError: no whole answer, or an answer over `MAX_ANSWER` bytes.
            UsageError: code `invalid_argument`, when the URL is none.
        """
        sent = {**self._headers, **(headers or {})}
        if body is not None:
            sent["content-type"] = "application/json"
        try:
            pool, target = self._way(url, address, sent)
            answer = pool.request(
                method,
                target,
                body=body,
                headers=sent,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS + wait),
                redirect=False,
                preload_content=False,
            )
            try:
                content = answer.read(MAX_ANSWER + 1)
            finally:
                answer.release_conn()
        except LocationParseError as error:
            raise UsageError(Code.INVALID_ARGUMENT, f"{url[:200]!r} is no address of a server.") from error
        except ConnectTimeoutError as error:
            # urllib3 counts every connection that failed among them.
            raise NotConnectedError(_in_words(error)) from error
        except (HTTPError, OSError) as error:
            raise NoAnswerError(_in_words(error)) from error
        if len(content) > MAX_ANSWER:
            raise NoAnswerError("the answer is far too long")
        return HttpAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content)

    def _way(
        self, url: str, address: str | None, sent: dict[str, str]
    ) -> tuple[urllib3.PoolManager | urllib3.HTTPConnectionPool, str]:
        """Through which pool to ask, and for what; `Host` is among what is sent where the pool cannot know it."""
        if address is None:
            return self._pool, url
        parts = parse_url(url)
        sent["host"] = parts.netloc or ""
        name = (parts.host or "").strip("[]")
        named = {"server_hostname": name, "assert_hostname": name} if parts.scheme == "https" else None
        pool = self._pool.connection_from_host(address, parts.port, parts.scheme, pool_kwargs=named)
        return pool, parts.request_uri

    def close(self) -> None:
        """All idle connections are closed."""
        self._pool.clear()


def _in_words(error: Exception) -> str:
    """The innermost reason that says something: urllib3 wraps the system's error two or three times."""
    reason: BaseException | None = error
    while reason is not None:
        timed_out = isinstance(reason, TimeoutError | urllib3.exceptions.TimeoutError)
        # urllib3 counts every failed connection among its timeouts; the reason stands further in.
        if timed_out and not isinstance(reason, urllib3.exceptions.NewConnectionError):
            return "it did not answer in time"
        if isinstance(reason, ConnectionRefusedError):
            return "nothing listens there (connection refused)"
        if isinstance(reason, OSError) and reason.strerror:
            return reason.strerror
        reason = reason.__cause__ or reason.__context__
    return str(error)[:200]
