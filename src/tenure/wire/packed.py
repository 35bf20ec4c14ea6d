"""Signed documents made short, for paper and pictures; every one comes back to the byte.

A JWS writes its parts in base64url, which the wire needs and paper does not: here the parts are bytes, in MessagePack,
compressed by zlib (RFC 1950) with a preset dictionary of what our documents always say. A request of 850 characters
becomes about 400 bytes. The stream names its dictionary by checksum and ends with one of the content.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

import msgspec
from msgspec import Struct

from tenure.core.errors import Code, Untrusted
from tenure.wire.base64url import decode, encode
from tenure.wire.text_block import BYTES_A_LINE

MAX_UNPACKED: Final = 4 * 1024 * 1024
"""Bytes of what unpacks: a few catalogs of the largest size. Sixteen kilobytes of zlib could make sixteen megabytes."""
DICTIONARY: Final = (
    b'renewal_interval_s":604800,"retry_interval_s":7200},"servers":{"threshold":5,"workstations":{"threshold":25,'
    b'"lease_days":180,"window_days":30,"grace_days":0,"reduced_after_days":70,"org":"","agreement":"","trial":false,'
    b'"nonce":""pools":{"{"alg":"EdDSA","typ":"tenure-catalog+jwt","typ":"tenure-grant+jwt","typ":"tenure-host+jwt",'
    b'"typ":"tenure-request+jwt","kid":"{"ver":1,"iss":"","sub":"","jti":"","iat":1,"exp":,"aud":""cnf":{"jwk":'
    b'{"kty":"OKP","crv":"Ed25519","x":""}},"fpr":"","key_id":"","key_proof":"'
)
"""Part of the format: another one would be another format, and zlib would tell them apart."""


class PackedToken(Struct, frozen=True, array_like=True):
    """A JWS compact by its three parts."""

    header: bytes
    payload: bytes
    signature: bytes

    @property
    def token(self) -> str:
        """The document as it is signed."""
        return ".".join(encode(part) for part in (self.header, self.payload, self.signature))


def pack_token(token: str) -> PackedToken:
    """A document by its parts.

    Raises:
        Untrusted: code `document_malformed`, when it has not three parts of base64url.
    """
    parts = [decode(part) for part in token.split(".")]
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        raise Untrusted(Code.DOCUMENT_MALFORMED, "A document has three parts with dots between.")
    return PackedToken(*parts)


def pack(content: Struct) -> bytes:
    """The content made short; zeros fill the last line of 15 bytes, so that every line is as long as the others."""
    squeezer = zlib.compressobj(9, zdict=DICTIONARY)
    packed = squeezer.compress(msgspec.msgpack.encode(content)) + squeezer.flush()
    return packed + bytes(-len(packed) % BYTES_A_LINE)


def unpack(packed: bytes, type_: Any) -> Any:
    """The content of what was packed, of `type_`: a struct, or a union of some.

    Raises:
        Untrusted: code `document_malformed`: another dictionary, a wrong checksum, too much, or other content.
    """
    stretcher = zlib.decompressobj(zdict=DICTIONARY)
    try:
        content = stretcher.decompress(packed, MAX_UNPACKED)
        if not stretcher.eof or stretcher.unused_data.strip(b"\0"):
            raise _malformed("It ends too early, goes on too long, or unpacks to too much.")
        return msgspec.msgpack.decode(content, type=type_)
    except zlib.error as error:
        raise _malformed(f"It does not unpack ({error}).") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _malformed(f"It holds something else ({error}).") from error


def _malformed(detail: str) -> Untrusted:
    return Untrusted(
        Code.DOCUMENT_MALFORMED,
        f"What was read is not one whole request or confirmation. {detail}",
        "Are all lines or pictures of the same one? If so, have it sent again, or take the file form.",
    )
