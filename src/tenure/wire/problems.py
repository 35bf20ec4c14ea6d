"""Problem documents (RFC 9457), and the one table that gives a code its HTTP status."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted
from tenure.wire.claims import END
from tenure.wire.printable import one_line

CONTENT_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 60
"""`Retry-After` of a 429 or 503 (design, section 5) whose error does not say."""

STATUSES: Final[dict[Code, tuple[int, str]]] = {
    Code.INVALID_REQUEST: (400, "The request cannot be understood"),
    Code.UNAUTHORIZED: (401, "The token is missing or is none of this publisher's"),
    Code.FORBIDDEN_ROLE: (403, "The role of the token does not allow this"),
    Code.KEY_BLOCKED: (403, "The product key is blocked"),
    Code.MACHINE_BLOCKED: (403, "The machine is blocked here"),
    Code.NOT_ALLOWED_FROM_HERE: (403, "Requests from this address are not allowed"),
    Code.INSECURE_CONNECTION: (403, "This is served over TLS or on the machine itself only"),
    Code.ACTIVATION_UNKNOWN: (404, "There is no such activation"),
    Code.KEY_UNKNOWN: (404, "The product key was not issued by this publisher"),
    Code.NOT_FOUND: (404, "Nothing is served under this path"),
    Code.CLOCK_SKEW: (409, "The clocks of machine and host are over four hours apart"),
    Code.KEY_LIMIT: (409, "The product key is used up"),
    Code.REQUEST_CHANGED: (409, "The same request was sent before with other content"),
    Code.TOO_LARGE: (413, "The request is too large"),
    Code.KEY_TYPE: (422, "The product key is of the wrong type"),
    Code.PRODUCT_UNKNOWN: (422, "The catalog has no such product"),
    Code.PRODUCT_NOT_SERVED: (422, "This host does not serve the product"),
    Code.PUBLISHER_MISMATCH: (422, "The request is for another publisher"),
    Code.REQUEST_EXPIRED: (422, "The request is too old or from the future"),
    Code.RATE_LIMITED: (429, "Too many requests"),
    Code.INTERNAL: (500, "The server failed"),
    Code.HOST_NOT_ACTIVATED: (503, "This host is not activated"),
    Code.HOST_CERTIFICATE_EXPIRED: (503, "This host's certificate is not valid now"),
    Code.HOST_REVOKED: (503, "This host was revoked"),
    Code.HOST_CLOCK: (503, "This host's clock is wrong"),
    Code.STORAGE_UNAVAILABLE: (503, "The host cannot record requests now"),
    Code.OVERLOADED: (503, "The host has more requests than it can take"),
}
"""Status and title of every code that travels; `problem_of` says what becomes of the others."""


Hresult = Annotated[str, Meta(pattern=r"^0x[0-9A-F]{8}" + END)]


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a refusal."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hresult: Hresult | None = None


def problem_of(error: TenureError, *, status: int | None = None) -> Problem:
    """The problem document of an error; `status` overrides the table (415 for a content type).

    An error that the table does not know is the sender's fault where it speaks of what was sent; a fault of the
    server's own home is told as one, without its words: they name paths, and are for the log.
    """
    of_the_sender = isinstance(error, Refused | Untrusted) and error.code is not Code.STATE_DAMAGED
    if error.code not in STATUSES and not of_the_sender:
        error = Unavailable(Code.INTERNAL, "The server failed.", "Its log says more.")
    code = error.code if error.code in STATUSES else Code.INVALID_REQUEST
    usual, title = STATUSES[code]
    return Problem(
        type=f"urn:tenure:problem:{code.value}",
        title=title,
        status=status or usual,
        detail=str(error),
        code=code.value,
        hresult=error.hresult,
    )


def error_of(status: int, body: bytes, *, retry_after: int | None = None) -> TenureError:
    """The error in an answer that was neither 200 nor 202, whoever sent it: 4xx is `Refused`, the rest `Unavailable`.

    `status` is HTTP's own: what the body says of it is advice (RFC 9457, section 3.1.2). A body that is no problem
    document of ours (a proxy's page, say) is named, never trusted to be well-formed. `retry_after` is what the answer's
    `Retry-After` said.
    """
    try:
        problem = msgspec.json.decode(body, type=Problem)
        code = Code(problem.code)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        what = f"HTTP status {status} without a problem document"
        if 400 <= status < 500:  # noqa: PLR2004 - HTTP's classes
            return Refused(
                Code.INVALID_REQUEST,
                f"The server refused: {what}.",
                "Is this the address of a Tenure server?",
                retry_after=retry_after,
            )
        return Unavailable(
            Code.INTERNAL,
            f"The server failed: {what}.",
            "Try again; then look into the server's log.",
            retry_after=retry_after,
        )
    kind = Unavailable if not 400 <= status < 500 else Refused  # noqa: PLR2004 - HTTP's classes
    return kind(
        code, one_line(problem.detail) or code.value, hresult=problem.hresult, retry_after=retry_after
    )
