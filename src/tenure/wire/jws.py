"""Signed documents as JWS compact (RFC 7515), with everything pinned that can be.

`alg` is EdDSA and the curve Ed25519 (RFC 8037; ADR 0004 says why not yet the name of RFC 9864); the header is exactly
`alg`, `typ`, `kid`; base64url is canonical; a name that stands twice is refused; sizes are bounded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.errors import InvalidKeyTypeError, JoseError
from joserfc.jws import JWSAlgModel, JWSRegistry, deserialize_compact, serialize_compact

from tenure.core.errors import Code, Untrusted
from tenure.wire.base64url import decode

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey

    from tenure.wire.keys import PublicKey, SigningKey

ALGORITHM: Final = "EdDSA"
MAX_DOCUMENT: Final = 8 * 1024
"""Bytes of a document; a lease is about 600."""
MAX_LIST_DOCUMENT: Final = 1024 * 1024
"""Bytes of a catalog or a revocation list, which grow with what they list."""
_THUMBPRINT_BYTES: Final = 32
"""SHA-256's, which RFC 7638 takes."""


class Typ(StrEnum):
    """The document types; the value is the header's `typ` (design, section 4)."""

    CATALOG = "tenure-catalog+jwt"
    HOST = "tenure-host+jwt"
    LEASE = "tenure-lease+jwt"
    GRANT = "tenure-grant+jwt"
    DIRECTORY = "tenure-directory+jwt"
    REQUEST = "tenure-request+jwt"
    REVOCATION = "tenure-revocation+jwt"

    @property
    def limit(self) -> int:
        """The longest that such a document may be, in characters."""
        return MAX_LIST_DOCUMENT if self in {Typ.CATALOG, Typ.REVOCATION} else MAX_DOCUMENT


@dataclass(frozen=True, slots=True)
class Unverified:
    """A well-formed document whose signature nobody has checked yet: choose its key by `kid`, then `verify`."""

    typ: Typ
    kid: str
    claims: dict[str, Any]
    token: str

    def verify(self, key: PublicKey) -> dict[str, Any]:
        """The claims, once the signature is seen to be `key`'s.

        Raises:
            Untrusted: code `signature_invalid`.
        """
        try:
            deserialize_compact(self.token, key.jose, registry=_registry)
        except JoseError as error:
            raise Untrusted(
                Code.SIGNATURE_INVALID,
                f"The signature of a {self.typ} is not by key {key.kid}.",
                "The document was altered or is somebody else's: fetch it again from where it comes from.",
            ) from error
        return self.claims


def sign(typ: Typ, claims: dict[str, Any], key: SigningKey) -> str:
    """The compact document of `claims` under `key`.

    Raises:
        Untrusted: code `document_malformed`, when it would be longer than its type allows or holds what is no text.
    """
    header = {"alg": ALGORITHM, "typ": typ.value, "kid": key.kid}
    try:
        payload = encode_json(claims)
    except ValueError as error:
        raise _malformed(f"A {typ} would hold what JSON cannot say.") from error
    token = serialize_compact(header, payload, key.jose, registry=_registry)
    if len(token) > typ.limit:
        raise _malformed(f"A {typ} is at most {typ.limit:,} characters; this one would have {len(token):,}.")
    return token


def read(token: str, typ: Typ) -> Unverified:
    """The document in `token`, well-formed and of `typ`, its signature not yet checked.

    1. length; 2. three parts of canonical base64url; 3. header exactly alg, typ, kid, with alg EdDSA and the
    expected typ, and kid a thumbprint; 4. the payload is a JSON object in UTF-8 that names nothing twice.

    Raises:
        Untrusted: code `document_malformed`.
    """
    # 1
    if len(token) > typ.limit:
        raise _malformed(f"A {typ} is at most {typ.limit:,} characters; {len(token):,} arrived.")
    # 2
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():  # noqa: PLR2004 - header, payload, signature
        raise _malformed(f"A {typ} has three parts with dots between; something else arrived.")
    header, payload, _signature = (decode(part) for part in parts)
    # 3
    members = decode_json_object(header)
    if members.keys() != {"alg", "typ", "kid"} or not all(isinstance(v, str) for v in members.values()):
        raise _malformed(f"The header of a {typ} has exactly alg, typ and kid.")
    if members["alg"] != ALGORITHM:
        raise _malformed(f"Only alg {ALGORITHM} is accepted; {members['alg'][:20]!r} was found.")
    if members["typ"] != typ:
        raise _malformed(f"A {typ} was expected; {members['typ'][:40]!r} was found.")
    if len(decode(members["kid"])) != _THUMBPRINT_BYTES:
        raise _malformed("A kid is a JWK thumbprint (RFC 7638); something else was found.")
    # 4
    return Unverified(typ, members["kid"], decode_json_object(payload), token)


def encode_json(value: dict[str, Any]) -> bytes:
    """JSON without spaces, members in the order given, UTF-8: the bytes that golden tests pin."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def decode_json_object(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`; names that stand twice, fractions, NaN and deep nesting are refused.

    So is half a surrogate pair, which JSON can escape but no text holds: it would fail later, where it is printed.

    Raises:
        Untrusted: code `document_malformed`.
    """
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_no_constant
        )
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise _malformed("A part of a document is not JSON that names everything once.") from error
    if not isinstance(value, dict):
        raise _malformed("A document holds a JSON object; another value was found.")
    return value


class _Ed25519(JWSAlgModel):
    """EdDSA on Ed25519 alone. The library's own model also takes Ed448 and warns at each use (ADR 0004)."""

    name = ALGORITHM
    description = "EdDSA with Ed25519 (RFC 8037)"
    key_type = "OKP"

    def sign(self, msg: bytes, key: OKPKey) -> bytes:
        """The signature of `msg`."""
        operable = key.get_op_key("sign")
        if not isinstance(operable, Ed25519PrivateKey):
            raise InvalidKeyTypeError
        return operable.sign(msg)

    def verify(self, msg: bytes, sig: bytes, key: OKPKey) -> bool:
        """Whether `sig` over `msg` is the key's; any other curve is no signature at all."""
        operable = key.get_op_key("verify")
        if not isinstance(operable, Ed25519PublicKey):
            return False
        try:
            operable.verify(sig, msg)
        except InvalidSignature:
            return False
        return True


class _Registry(JWSRegistry):
    """One algorithm, and room for a catalog."""

    algorithms: dict[str, JWSAlgModel] = {ALGORITHM: _Ed25519()}  # noqa: RUF012 - the library declares it so
    max_payload_length = MAX_LIST_DOCUMENT


_registry = _Registry(algorithms=[ALGORITHM])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _no_constant(constant: str) -> Any:
    raise ValueError(constant)


def _malformed(detail: str) -> Untrusted:
    return Untrusted(Code.DOCUMENT_MALFORMED, detail, "Get the document again from where it comes from.")
