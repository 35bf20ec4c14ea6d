"""The bodies of `POST /v1/activations` (design, section 5). Unknown members are ignored: fields are append-only."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.core.errors import HRESULTS, Code, Refused, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.wire.claims import END, Fingerprint, Seconds
from tenure.wire.printable import one_line

MAX_BODY: Final = 16 * 1024
"""Bytes of a request body; a real one is under 500."""
MAX_WAIT: Final = 60
"""Seconds that a host holds a request for `Prefer: wait` (RFC 7240, section 4.3)."""
MAX_MINUTES: Final = 525_600
"""A year: the most that a request says of the minutes that its status has left."""

Hostname = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f-\x9f]*" + END)]


class ActivationBody(Struct, frozen=True, kw_only=True):
    """What a machine asks."""

    machine_id: UUID
    product_id: UUID
    request_id: UUID
    hostname: Hostname
    fingerprint: Fingerprint
    virtual: bool
    license_status: LicenseStatus
    minutes_remaining: Annotated[int, Meta(ge=0, le=MAX_MINUTES)]
    client_time: Seconds


class Granted(Struct, frozen=True, kw_only=True):
    """200: the machine is licensed."""

    lease: str
    certificate: str
    count: int
    threshold: int
    renewal_interval_s: int
    catalog_seq: int
    revocation_seq: int


class Waiting(Struct, frozen=True, kw_only=True):
    """202: recorded, but the count is still short."""

    count: int
    threshold: int
    missing: int
    retry_interval_s: int
    contact: str
    catalog_seq: int
    revocation_seq: int
    code: str = Code.COUNT_INSUFFICIENT.value
    hresult: str = HRESULTS[Code.COUNT_INSUFFICIENT]


_decoder = msgspec.json.Decoder(ActivationBody)


def decode_activation(body: bytes) -> ActivationBody:
    """The request in a body of at most `MAX_BODY` bytes.

    Raises:
        Refused: code `invalid_request`; names the member that is missing or wrong.
    """
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(f"The request is not what POST /v1/activations takes: {one_line(error)}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _invalid(f"The body is not JSON: {error}.") from error
    except RecursionError as error:
        raise _invalid("The body nests too deep; 16 levels are more than enough.") from error


def decode_answer(status: int, body: bytes) -> Granted | Waiting:
    """What a host answered with status 200 or 202.

    Raises:
        UsageError: code `invalid_request`, when the body is not that answer; the client treats it as no answer.
    """
    try:
        if status == 200:  # noqa: PLR2004 - HTTP's own number
            return msgspec.json.decode(body, type=Granted)
        return msgspec.json.decode(body, type=Waiting)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            Code.INVALID_REQUEST, f"The host's answer is not readable: {one_line(error)}."
        ) from error


def _invalid(detail: str) -> Refused:
    return Refused(Code.INVALID_REQUEST, detail, "See docs/protocol.md for the request's members.")
