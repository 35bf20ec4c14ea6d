"""What a host answers to a request, rightly or wrongly; `conformance.faults` is about how it reaches the client."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from tenure.conformance.site import POLICY
from tenure.wire.activation import Granted, Waiting
from tenure.wire.problems import CONTENT_TYPE, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenure.conformance.site import Site
    from tenure.core.certificate import HostCertificate
    from tenure.core.errors import TenureError
    from tenure.core.lease import Lease
    from tenure.wire.activation import ActivationBody
    from tenure.wire.keys import SigningKey

JSON: Final = "application/json"
RETRY_AFTER: Final = "60"


class Pace(Enum):
    """When the bytes leave; times are shares of what the client waits for a whole answer."""

    AT_ONCE = "at once"
    LATE = "after half of it"
    TOO_LATE = "after three times as much"
    DRIPPED = "in many small pieces, none of them late, over three times as much"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes over the wire; then the host hangs up."""

    head: bytes
    """Status line and header, to the empty line."""
    body: bytes
    pace: Pace = Pace.AT_ONCE


Answer: TypeAlias = "Callable[[Site, ActivationBody, int], Reply]"
"""The reply of a site to a request at a time."""


def reply(
    status: int, body: bytes, content_type: str = JSON, headers: Mapping[str, str] | None = None
) -> Reply:
    """An answer of HTTP/1.1 (RFC 9112), whose header says how long it is; nothing follows on its connection."""
    lines = [f"HTTP/1.1 {status} Testhost", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return Reply(head="\r\n".join([*lines, "Connection: close", "", ""]).encode(), body=body)


def _same(value: Any) -> Any:
    return value


def granted(
    *,
    lease: Callable[[Lease], Lease] = _same,
    certificate: Callable[[HostCertificate], HostCertificate] = _same,
    lease_key: Callable[[Site], SigningKey] | None = None,
    certificate_key: Callable[[Site], SigningKey] | None = None,
    token: Callable[[str, Site], str] = lambda token, _: token,
    body: Callable[[bytes], bytes] = _same,
    content_type: str = JSON,
) -> Answer:
    """A 200 with a lease: a good one, or one in which this or that is otherwise.

    `token` changes the signed text of the lease, `body` the JSON around it.
    """

    def answer(site: Site, request: ActivationBody, at: int) -> Reply:
        signed = site.lease(request, at, lease, lease_key(site) if lease_key else None)
        said = Granted(
            lease=token(signed, site),
            certificate=site.certificate(certificate, certificate_key(site) if certificate_key else None),
            count=POLICY.threshold,
            threshold=POLICY.threshold,
            renewal_interval_s=POLICY.renewal_interval_s,
            catalog_seq=site.seq,
            revocation_seq=site.revocation_seq,
        )
        return reply(200, body(msgspec.json.encode(said)), content_type)

    return answer


def waiting(retry_after: str = "1") -> Answer:
    """A 202: counted, and one machine is missing."""

    def answer(site: Site, _request: ActivationBody, _at: int) -> Reply:
        said = Waiting(
            count=POLICY.threshold - 1,
            threshold=POLICY.threshold,
            missing=1,
            retry_interval_s=POLICY.retry_interval_s,
            contact="",
            catalog_seq=site.seq,
            revocation_seq=site.revocation_seq,
        )
        return reply(202, msgspec.json.encode(said), headers={"Retry-After": retry_after})

    return answer


def problem(error: TenureError, retry_after: str | None = RETRY_AFTER) -> Reply:
    """A problem document, with or without a word of when to come back."""
    document = problem_of(error)
    headers = {"Retry-After": retry_after} if retry_after is not None else None
    return reply(document.status, msgspec.json.encode(document), CONTENT_TYPE, headers)


def always(what: Reply) -> Answer:
    """The same to everybody."""
    return lambda _site, _request, _at: what
