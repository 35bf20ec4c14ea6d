"""What is carried between an asker and its publisher where no network is: requests there, confirmations back.

A parcel has three forms, all of the same content:

- a file: JSON, which any tool can read and any JOSE library can check; it alone brings revocation lists
- a text block for mail and print (`wire.text_block`)
- the texts of QR pictures (`wire.picture_text`)

Nothing in a parcel is trusted: what counts are the signed documents. The rest, such as `used`, `catalog_seq` and a
refusal, is advice. `publisher_id` tells whoever asks for others whom to ask; `catalog_seq` keeps an answer short: it
brings the catalogs that the asker does not have, and often none. A revocation list may have a megabyte, so it stands in
files alone.
"""

from __future__ import annotations

import codecs
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.wire.carried_refusal import CarriedRefusal, Name, RequestId, Words
from tenure.wire.catalog import catalog_of
from tenure.wire.enrolment import HostActivated, MachineActivated
from tenure.wire.jws import Typ, read
from tenure.wire.packed import PackedToken, pack, pack_token, unpack
from tenure.wire.picture_text import read_picture_texts, says_pictures, write_picture_texts
from tenure.wire.printable import one_line
from tenure.wire.problems import Hresult
from tenure.wire.revocation import revocations_of
from tenure.wire.text_block import read_text_block, write_text_block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.wire.request import ActivationRequest

MAX_PARCEL: Final = 64 * 1024 * 1024
"""Bytes of a parcel in a file: the requests of ten thousand machines, or the longest list of catalogs."""
MAX_DOCUMENTS: Final = 10_000
"""Requests or answers in one parcel."""
_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"<?xml", b"<svg")
"""How a file begins that is a picture itself, not what it says."""

Advice = Annotated[int, Meta(ge=0, le=2**53)]


class Form(StrEnum):
    """How a parcel is written; the value is what `--form` takes."""

    FILE = "file"
    TEXT = "text"
    QR = "qr"


class CarriedRequest(Struct, frozen=True, kw_only=True):
    """One request document, its asker's publisher, and the newest of that publisher's catalogs that the asker knows."""

    request: str
    publisher_id: UUID
    catalog_seq: Advice = 0


class Requests(Struct, frozen=True, kw_only=True, tag_field="tenure", tag="activation requests"):
    """A parcel to the publisher."""

    format: Literal[1] = 1
    requests: Annotated[tuple[CarriedRequest, ...], Meta(min_length=1, max_length=MAX_DOCUMENTS)]


class Confirmations(Struct, frozen=True, kw_only=True, tag_field="tenure", tag="activation confirmations"):
    """A parcel from the publisher: what its API answers online, the catalogs that verify it, and what it revoked."""

    format: Literal[1] = 1
    certificates: Annotated[tuple[HostActivated, ...], Meta(max_length=MAX_DOCUMENTS)] = ()
    grants: Annotated[tuple[MachineActivated, ...], Meta(max_length=MAX_DOCUMENTS)] = ()
    catalogs: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()
    refusals: Annotated[tuple[CarriedRefusal, ...], Meta(max_length=MAX_DOCUMENTS)] = ()
    revocations: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()

    def catalogs_of(self, publisher_id: UUID) -> tuple[str, ...]:
        """The catalogs that say they are this publisher's: one file may answer the requests of several.

        Raises:
            Untrusted: code `document_malformed`.
        """
        return tuple(token for token in self.catalogs if _publisher_of(token) == publisher_id)

    def newest_list_of(self, publisher_id: UUID) -> str | None:
        """The newest of the revocation lists that say they are this publisher's.

        Raises:
            Untrusted: code `document_malformed`.
        """
        claimed = [(revocations_of(read(token, Typ.REVOCATION).claims), token) for token in self.revocations]
        own = [(listed.seq, token) for listed, token in claimed if listed.publisher_id == publisher_id]
        return max(own)[1] if own else None

    def refusal_of(self, audience: UUID, pending: Mapping[str, ActivationRequest]) -> CarriedRefusal | None:
        """The refusal of the newest of these requests, by their ids, that was refused."""
        refused = [
            (pending[one.request_id].iat, one)
            for one in self.refusals
            if one.audience == audience and one.request_id in pending
        ]
        return max(refused, key=lambda found: found[0])[1] if refused else None


Parcel: TypeAlias = Requests | Confirmations


class _PackedAnswer(Struct, frozen=True, array_like=True):
    document: PackedToken
    used: Advice
    limit: Advice


class _PackedRequest(Struct, frozen=True, array_like=True):
    request: PackedToken
    publisher: Annotated[bytes, Meta(min_length=16, max_length=16)]
    catalog_seq: Advice


class _PackedRequests(Struct, frozen=True, array_like=True, tag=1):
    requests: Annotated[tuple[_PackedRequest, ...], Meta(min_length=1, max_length=MAX_DOCUMENTS)]


class _PackedRefusal(Struct, frozen=True, array_like=True):
    request_id: RequestId
    audience: Annotated[bytes, Meta(min_length=16, max_length=16)]
    code: Name
    detail: Words
    cure: Words
    hresult: Hresult | None


class _PackedConfirmations(Struct, frozen=True, array_like=True, tag=2):
    certificates: Annotated[tuple[_PackedAnswer, ...], Meta(max_length=MAX_DOCUMENTS)]
    grants: Annotated[tuple[_PackedAnswer, ...], Meta(max_length=MAX_DOCUMENTS)]
    catalogs: Annotated[tuple[PackedToken, ...], Meta(max_length=1000)]
    refusals: Annotated[tuple[_PackedRefusal, ...], Meta(max_length=MAX_DOCUMENTS)] = ()


_Packed: TypeAlias = _PackedRequests | _PackedConfirmations


def write_file(parcel: Parcel) -> str:
    """The parcel as a file."""
    return msgspec.json.format(msgspec.json.encode(parcel), indent=2).decode() + "\n"


def write_text(parcel: Parcel) -> str:
    """The parcel as a text block, without revocation lists.

    Raises:
        UsageError: code `invalid_argument`, when it is too long for one.
    """
    title = "ACTIVATION REQUEST" if isinstance(parcel, Requests) else "ACTIVATION CONFIRMATION"
    return write_text_block(pack(_packed(parcel)), title)


def write_pictures(parcel: Parcel) -> list[str]:
    """What the parcel's QR pictures say, one text a picture, without revocation lists.

    Raises:
        UsageError: code `invalid_argument`, when it is too long for them.
    """
    return write_picture_texts(pack(_packed(parcel)))


def read_parcel(data: bytes) -> tuple[Parcel, Form]:
    """The parcel in what was carried here, and its form: a file, a mail with a text block, what pictures say.

    Raises:
        UsageError: code `invalid_argument`, when it is a picture itself.
        Untrusted: code `document_malformed`; says where it is damaged.
    """
    text = _as_text(data)
    if text.lstrip().startswith("{"):
        return _read_file(text), Form.FILE
    if says_pictures(text):
        return _unpacked(read_picture_texts(text)), Form.QR
    return _unpacked(read_text_block(text)), Form.TEXT


def _as_text(data: bytes) -> str:
    if data.lstrip().startswith(_PICTURES):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "This is a picture itself, and what it says is needed.",
            "Read it with a telephone or a scanner's program, such as: zbarimg --raw -q PICTURE",
        )
    # Notepad and PowerShell save text as UTF-16, and say so in its first two bytes.
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # A mail may hold anything around the block; what is no text in it is for the reader of the block to refuse.
    return data.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace")


def _read_file(text: str) -> Parcel:
    try:
        parcel: Parcel = msgspec.json.decode(text, type=Parcel)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Untrusted(
            Code.DOCUMENT_MALFORMED,
            f"The file is no activation request or confirmation: {one_line(error)}.",
            "Have it sent again, unchanged.",
        ) from error
    return parcel


def _packed(parcel: Parcel) -> _Packed:
    if isinstance(parcel, Requests):
        return _PackedRequests(
            tuple(
                _PackedRequest(pack_token(one.request), one.publisher_id.bytes, one.catalog_seq)
                for one in parcel.requests
            )
        )
    return _PackedConfirmations(
        tuple(_PackedAnswer(pack_token(one.certificate), one.used, one.limit) for one in parcel.certificates),
        tuple(_PackedAnswer(pack_token(one.grant), one.used, one.limit) for one in parcel.grants),
        tuple(pack_token(token) for token in parcel.catalogs),
        tuple(
            _PackedRefusal(one.request_id, one.audience.bytes, one.code, one.detail, one.cure, one.hresult)
            for one in parcel.refusals
        ),
    )


def _unpacked(data: bytes) -> Parcel:
    packed: _Packed = unpack(data, _Packed)
    if isinstance(packed, _PackedRequests):
        return Requests(
            requests=tuple(
                CarriedRequest(
                    request=one.request.token,
                    publisher_id=UUID(bytes=one.publisher),
                    catalog_seq=one.catalog_seq,
                )
                for one in packed.requests
            )
        )
    return Confirmations(
        certificates=tuple(
            HostActivated(certificate=one.document.token, used=one.used, limit=one.limit)
            for one in packed.certificates
        ),
        grants=tuple(
            MachineActivated(grant=one.document.token, used=one.used, limit=one.limit)
            for one in packed.grants
        ),
        catalogs=tuple(token.token for token in packed.catalogs),
        refusals=tuple(
            CarriedRefusal(
                request_id=one.request_id,
                audience=UUID(bytes=one.audience),
                code=one.code,
                detail=one.detail,
                cure=one.cure,
                hresult=one.hresult,
            )
            for one in packed.refusals
        ),
    )


def _publisher_of(catalog: str) -> UUID:
    return catalog_of(read(catalog, Typ.CATALOG).claims).publisher_id
