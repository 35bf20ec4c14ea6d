"""The bodies of the publisher's `POST /v1/host-activations` and `/v1/machine-activations`."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct

from tenure.core.errors import Code, Refused, Untrusted


class RequestBody(Struct, frozen=True):
    """A request document, as it would also travel in a file."""

    request: str


class HostActivated(Struct, frozen=True, kw_only=True):
    """200: the host's certificate, and how many hosts the key has of how many."""

    certificate: str
    used: int
    limit: int


class MachineActivated(Struct, frozen=True, kw_only=True):
    """200: the machine's grant, and how many installations the key has of how many."""

    grant: str
    used: int
    limit: int


T = TypeVar("T")


def decode_request(body: bytes) -> str:
    """The request document in a body.

    Raises:
        Refused: code `invalid_request`.
    """
    try:
        return msgspec.json.decode(body, type=RequestBody).request
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Code.INVALID_REQUEST, f'The body is not {{"request": "..."}}: {error}.') from error


def decode_host_activated(body: bytes) -> HostActivated:
    """What a publisher answered a host with status 200.

    Raises:
        Untrusted: code `document_malformed`.
    """
    return _answer(body, HostActivated)


def decode_machine_activated(body: bytes) -> MachineActivated:
    """What a publisher answered a machine with status 200.

    Raises:
        Untrusted: code `document_malformed`.
    """
    return _answer(body, MachineActivated)


def _answer(body: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Untrusted(
            Code.DOCUMENT_MALFORMED, f"The publisher's answer is not readable: {error}."
        ) from error
