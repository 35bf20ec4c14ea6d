"""Asking hosts and publishers over HTTP/1.1: bounded answers, no redirects, no proxies, no surprises.

`https://` is TLS or nothing: a handshake that fails is never followed by plain HTTP.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError
from urllib3.util import parse_url

from tenure.adapters.http.deadline import BoundedPools
from tenure.adapters.http.tls import client_context, distrust, handshake_failure, is_alert
from tenure.core.errors import Code, LocalFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 30.0
"""How long a whole answer may take, beside the time that a request itself asks the server to wait."""
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

    def __init__(self, reason: str, cure: str = "") -> None:
        """`reason` is for people; so is `cure`, where the reason has one of its own."""
        super().__init__(reason)
        self.reason = reason
        self.cure = cure


class NotConnectedError(NoAnswerError):
    """No connection came about: another address of the same server may be tried."""


class UntrustedServerError(Exception):
    """The server's TLS certificate was not trusted, so nothing was sent; `reason` and `cure` are for people."""

    def __init__(self, reason: str, cure: str) -> None:
        """Why, in a few words, and what to do."""
        super().__init__(reason)
        self.reason = reason
        self.cure = cure


class HttpClient:
    """Connections to servers; usable from many threads."""

    def __init__(
        self,
        *,
        connections: int = 4,
        keep_alive: bool = False,
        ca: Path | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        """A fresh connection a request, as a fleet does it, unless `keep_alive`; a whole answer may take `seconds`.

        Over TLS the authorities in the file `ca` are trusted and no others; without it, the system's.
        """
        self._connections = connections
        self._ca = ca
        self._seconds = seconds
        self._plain = BoundedPools(num_pools=16, maxsize=connections, retries=False)
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
            UntrustedServerError: the server's certificate is not trusted; nothing was sent.
            UsageError: code `invalid_argument`, when the URL is none.
            LocalFault: code `home_unusable`, when the authorities to trust cannot be read.
        """
        # Each pool has one scheme: a plain request can never travel where TLS was asked for, nor the other way round.
        manager = self._tls if url[:6].lower() == "https:" else self._plain
        sent = {**self._headers, **(headers or {})}
        if body is not None:
            sent["content-type"] = "application/json"
        try:
            pool, target = _way(manager, url, address, sent)
            answer = pool.request(
                method,
                target,
                body=body,
                headers=sent,
                timeout=urllib3.Timeout(
                    connect=min(CONNECT_SECONDS, self._seconds), read=self._seconds + wait
                ),
                redirect=False,
                preload_content=False,
            )
            content = _whole(answer)
        except LocationParseError as error:
            raise UsageError(Code.INVALID_ARGUMENT, f"{url[:200]!r} is no address of a server.") from error
        except ConnectTimeoutError as error:
            # urllib3 counts every connection that failed among them.
            raise NotConnectedError(_in_words(error)) from error
        except (HTTPError, OSError) as error:
            raise _told(error, plain=manager is self._plain) from error
        return HttpAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content)

    def close(self) -> None:
        """All idle connections are closed."""
        self._plain.clear()
        if "_tls" in self.__dict__:
            self._tls.clear()

    @cached_property
    def _tls(self) -> urllib3.PoolManager:
        """Made when it is first needed: reading the system's authorities takes longer than a plain request."""
        try:
            context = client_context(self._ca)
        except OSError as error:
            raise LocalFault(
                Code.HOME_UNUSABLE,
                f"The trusted authorities in {self._ca} cannot be read: {error.strerror or error}.",
                "Give them again: --ca FILE, or --ca system for the system's own.",
            ) from error
        return BoundedPools(num_pools=16, maxsize=self._connections, retries=False, ssl_context=context)


def _way(
    manager: urllib3.PoolManager, url: str, address: str | None, sent: dict[str, str]
) -> tuple[urllib3.PoolManager | urllib3.HTTPConnectionPool, str]:
    """Through which pool to ask, and for what; `Host` is among what is sent where the pool cannot know it."""
    if address is None:
        return manager, url
    parts = parse_url(url)
    sent["host"] = parts.netloc or ""
    # The name is what TLS asks for, and what the certificate is checked against (by OpenSSL itself).
    named = {"server_hostname": (parts.host or "").strip("[]")} if parts.scheme == "https" else None
    pool = manager.connection_from_host(address, parts.port, parts.scheme, pool_kwargs=named)
    return pool, parts.request_uri


def _whole(answer: urllib3.BaseHTTPResponse) -> bytes:
    """The body; only a connection whose answer was read to its end is used again.

    Raises:
        NoAnswerError: the answer has over `MAX_ANSWER` bytes.
        HTTPError, OSError: it broke off.
    """
    content: bytes | None = None
    try:
        content = answer.read(MAX_ANSWER + 1)
    finally:
        if content is None or len(content) > MAX_ANSWER:
            answer.close()
    if len(content) > MAX_ANSWER:
        raise NoAnswerError(
            "the answer is far too long", "Is this the address of a Tenure host, without a proxy in between?"
        )
    answer.release_conn()
    return content


def _told(error: Exception, *, plain: bool) -> NoAnswerError | UntrustedServerError:
    """What went wrong, for people: a matter of trust, of TLS, or of the network."""
    for reason in _reasons(error):
        if isinstance(reason, ssl.SSLCertVerificationError):
            return UntrustedServerError(*distrust(reason))
        if isinstance(reason, ssl.SSLError):
            return NoAnswerError(*handshake_failure(reason))
        if is_alert(reason):
            return NoAnswerError("it speaks TLS only", "Name it with its scheme: https://NAME[:PORT].")
        if plain and isinstance(reason, ConnectionResetError | BrokenPipeError):
            # What a TLS server sent may be lost, when it hung up while the request was still being written.
            cure = "Does it speak TLS only? Name it with its scheme then: https://NAME[:PORT]. Its log may say more."
            return NoAnswerError("it broke the connection off", cure)
    return NoAnswerError(_in_words(error))


def _in_words(error: Exception) -> str:
    """The innermost reason that says something."""
    for reason in _reasons(error):
        timed_out = isinstance(reason, TimeoutError | urllib3.exceptions.TimeoutError)
        # urllib3 counts every failed connection among its timeouts; the reason stands further in.
        if timed_out and not isinstance(reason, urllib3.exceptions.NewConnectionError):
            return "it did not answer in time"
        if isinstance(reason, ConnectionRefusedError):
            return "nothing listens there (connection refused)"
        if isinstance(reason, OSError) and reason.strerror:
            return reason.strerror
    return str(error)[:200]


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it, inwards: urllib3 wraps the system's error two or three times."""
    reason: BaseException | None = error
    while reason is not None:
        yield reason
        reason = reason.__cause__ or reason.__context__
