"""What a host answers to a request: rightly, wrongly, late, by half, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from tenure.conformance.site import POLICY
from tenure.core.errors import Code, Refused, Unavailable
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

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None
    """How many bytes of the body are sent before the connection is closed; None: all of them."""
    after: float = 0.0
    """Seconds before anything is sent."""


Answer: TypeAlias = "Callable[[Site, ActivationBody, int], Reply]"
"""The reply of a site to a request at a time."""


def _same(value: Any) -> Any:
    return value


def granted(
    *,
    lease: Callable[[Lease], Lease] = _same,
    certificate: Callable[[HostCertificate], HostCertificate] = _same,
    lease_key: Callable[[Site], SigningKey] | None = None,
    certificate_key: Callable[[Site], SigningKey] | None = None,
    token: Callable[[str, Site], str] = lambda token, _: token,
) -> Answer:
    """A 200 with a lease: a good one, or one in which this or that is otherwise; `token` changes the signed text."""

    def answer(site: Site, request: ActivationBody, at: int) -> Reply:
        signed = site.lease(request, at, lease, lease_key(site) if lease_key else None)
        body = Granted(
            lease=token(signed, site),
            certificate=site.certificate(certificate, certificate_key(site) if certificate_key else None),
            count=POLICY.threshold,
            threshold=POLICY.threshold,
            renewal_interval_s=POLICY.renewal_interval_s,
            catalog_seq=site.seq,
            revocation_seq=site.revocation_seq,
        )
        return _json(200, body)

    return answer


def waiting(site: Site, _request: ActivationBody, _at: int) -> Reply:
    """A 202: counted, and one machine is missing."""
    body = Waiting(
        count=POLICY.threshold - 1,
        threshold=POLICY.threshold,
        missing=1,
        retry_interval_s=POLICY.retry_interval_s,
        contact="",
        catalog_seq=site.seq,
        revocation_seq=site.revocation_seq,
    )
    return _json(202, body, {"retry-after": "1"})


def refused(code: Code) -> Answer:
    """A problem document that says no for good."""
    return _problem(Refused(code, "The host refuses, as this case wants it."))


def unavailable(code: Code) -> Answer:
    """A problem document that says: not now."""
    return _problem(Unavailable(code, "The host cannot, as this case wants it."))


def late(answer: Answer, seconds: float) -> Answer:
    """The same answer, so much later."""
    return lambda site, request, at: replace(answer(site, request, at), after=seconds)


def half(answer: Answer) -> Answer:
    """The same answer, cut off in the middle of its body."""

    def cut(site: Site, request: ActivationBody, at: int) -> Reply:
        whole = answer(site, request, at)
        return replace(whole, sent=len(whole.body) // 2)

    return cut


def raw(status: int, body: bytes, content_type: str) -> Answer:
    """Anything."""
    return lambda _site, _request, _at: Reply(
        status=status, body=body, headers={"content-type": content_type}
    )


def _problem(error: TenureError) -> Answer:
    document = problem_of(error)
    headers = {"content-type": CONTENT_TYPE, "retry-after": "60"}
    return lambda _site, _request, _at: Reply(
        status=document.status, body=msgspec.json.encode(document), headers=headers
    )


def _json(status: int, body: Granted | Waiting, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(
        status=status, body=msgspec.json.encode(body), headers={"content-type": _JSON, **(headers or {})}
    )
