"""Base64url without padding (RFC 7515, section 2), canonical or refused."""

from __future__ import annotations

import base64
import binascii

from tenure.core.errors import Code, Untrusted


def encode(data: bytes) -> str:
    """The one form of `data`."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of `text`.

    A text that decodes but is not what `encode` would write is refused as well: else a signed document could be
    altered in its last characters and still verify.

    Raises:
        Untrusted: code `document_malformed`.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Untrusted(Code.DOCUMENT_MALFORMED, "A part of a document is not base64url.") from error
    if encode(data) != text:
        raise Untrusted(Code.DOCUMENT_MALFORMED, "A part of a document is not in the one form of base64url.")
    return data
