"""The bodies of a publisher's administration, `/v1/admin/...`. Times are whole Unix seconds, as everywhere in the API."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field
from msgspec.json import Decoder

from tenure.core.errors import Code, Refused


class KeyFacts(Struct, frozen=True, kw_only=True):
    """A secret key that was issued; the key itself is kept nowhere."""

    key_id: str
    type: str
    partial_key: str
    product_id: UUID | None
    product: str | None
    pools: tuple[str, ...] | None
    customer: str
    agreement: str
    trial: bool
    blocked: bool
    state: str
    revoked_from: int | None
    reason: str | None
    issued: int
    activations: int
    used: int
    left: int


class HolderFacts(Struct, frozen=True, kw_only=True):
    """Who holds an activation of a key; `at` is when it last asked for its certificate or grant."""

    activation_id: UUID
    sub: UUID
    fpr: str
    at: int


class KeyDetails(KeyFacts, frozen=True, kw_only=True):
    """A key with its holders."""

    holders: tuple[HolderFacts, ...]


class Keys(Struct, frozen=True, kw_only=True):
    """`GET /v1/admin/keys`; the next page is asked for with `after=NEXT`."""

    keys: tuple[KeyFacts, ...]
    next: str | None


class HostKeyWanted(
    Struct, frozen=True, kw_only=True, tag_field="type", tag="host", forbid_unknown_fields=True
):
    """A host key for these pools; none: for all."""

    pools: Annotated[tuple[str, ...], Meta(max_length=1_000)] = ()
    customer: str = ""
    agreement: str = ""
    trial: bool = False


class MakWanted(Struct, frozen=True, kw_only=True, tag_field="type", tag="mak", forbid_unknown_fields=True):
    """A MAK for so many machines."""

    product_id: UUID
    activations: int
    customer: str = ""
    agreement: str = ""


class RetailKeyWanted(
    Struct, frozen=True, kw_only=True, tag_field="type", tag="retail", forbid_unknown_fields=True
):
    """A retail key, for one machine."""

    product_id: UUID
    customer: str = ""
    agreement: str = ""


KeyWanted: TypeAlias = HostKeyWanted | MakWanted | RetailKeyWanted


class KeyIssued(Struct, frozen=True, kw_only=True):
    """201: the new key, which no other answer ever has."""

    key: str
    key_id: str
    type: str
    product_id: UUID | None
    activations: int


class RevocationWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a key is revoked, and from when on; null: now."""

    reason: str = ""
    since: int | None = field(name="from", default=None)


class KeyRevoked(Struct, frozen=True, kw_only=True):
    """200: how the key is revoked now; `changed` is false when it was, from then on or earlier."""

    key_id: str
    since: int = field(name="from")
    reason: str
    changed: bool
    revocation_seq: int


class ReleaseWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an activation is released."""

    reason: str = ""


class ActivationReleased(Struct, frozen=True, kw_only=True):
    """200: whose activation it was, and what is left of the key."""

    activation_id: UUID
    sub: UUID
    key_id: str
    used: int
    left: int


class AuditEntry(Struct, frozen=True, kw_only=True):
    """A row of the audit; `digest` is SHA-256 over the row before and this one, in hexadecimal."""

    id: int
    at: int
    actor: str
    address: str
    action: str
    subject: str
    detail: str
    digest: str


class AuditEntries(Struct, frozen=True, kw_only=True):
    """`GET /v1/admin/audit`, newest first; the next page is asked for with `before=NEXT`."""

    entries: tuple[AuditEntry, ...]
    next: int | None


T = TypeVar("T")

_KEY_WANTED: Decoder[KeyWanted] = Decoder(KeyWanted)
_REVOCATION_WANTED = Decoder(RevocationWanted)
_RELEASE_WANTED = Decoder(ReleaseWanted)


def decode_key_wanted(body: bytes) -> KeyWanted:
    """What key is to be issued.

    Raises:
        Refused: code `invalid_request`.
    """
    return _decoded(body, _KEY_WANTED)


def decode_revocation_wanted(body: bytes) -> RevocationWanted:
    """How a key is to be revoked.

    Raises:
        Refused: code `invalid_request`.
    """
    return _decoded(body, _REVOCATION_WANTED)


def decode_release_wanted(body: bytes) -> ReleaseWanted:
    """Why an activation is to be released.

    Raises:
        Refused: code `invalid_request`.
    """
    return _decoded(body, _RELEASE_WANTED)


def _decoded(body: bytes, decoder: Decoder[T]) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(
            Code.INVALID_REQUEST,
            f"The body is not as /openapi.json describes it: {error}.",
            "A member that is not known here is refused: it may be a mistyped one.",
        ) from error
