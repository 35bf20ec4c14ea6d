"""Texts of leases that are signed wrong, or hold what no lease holds."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from tenure.wire.base64url import decode, encode
from tenure.wire.jws import MAX_DOCUMENT, Typ

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.conformance.site import Site


def altered(token: str, _site: Site) -> str:
    """One claim is another, under the signature that there was."""
    header, payload, signature = token.split(".")
    changed = decode(payload).replace(b'"threshold":25', b'"threshold":26', 1)
    return f"{header}.{encode(changed)}.{signature}"


def unsigned(token: str, site: Site) -> str:
    """The algorithm is `none`, the signature empty."""
    return f"{encode(_header(site, alg='none'))}.{token.split('.')[1]}."


def signed_with_the_public_key(token: str, site: Site) -> str:
    """HMAC, keyed with what everybody knows: the trap for libraries that let a header choose the algorithm."""
    signing_input = f"{encode(_header(site, alg='HS256'))}.{token.split('.')[1]}"
    mac = hmac.digest(decode(site.host_key.public.x), signing_input.encode(), hashlib.sha256)
    return f"{signing_input}.{encode(mac)}"


def of_another_type(token: str, site: Site) -> str:
    """The host signed it as another kind of document."""
    return _signed(_header(site, typ=Typ.GRANT), decode(token.split(".")[1]), site)


def with_another_member_in_the_header(token: str, site: Site) -> str:
    """The header demands something that nobody knows (RFC 7515, section 4.1.11)."""
    header = _header(site)[:-1] + b',"crit":["half"],"half":true}'
    return _signed(header, decode(token.split(".")[1]), site)


def header_named_twice(token: str, site: Site) -> str:
    """The header names `alg` twice: parsers differ in which they take."""
    header = _header(site).replace(b'{"alg":', b'{"alg":"none","alg":', 1)
    return _signed(header, decode(token.split(".")[1]), site)


def named_twice(token: str, site: Site) -> str:
    """The payload names its version twice."""
    payload = decode(token.split(".")[1]).replace(b'{"ver":1,', b'{"ver":1,"ver":1,', 1)
    return _signed(_header(site), payload, site)


def with_claims(**claims: Any) -> Callable[[str, Site], str]:
    """The host signed these claims beside or instead of those that there are."""

    def change(token: str, site: Site) -> str:
        payload = {**json.loads(decode(token.split(".")[1])), **claims}
        return _signed(_header(site), json.dumps(payload, separators=(",", ":")).encode(), site)

    return change


def larger_than_any_document(token: str, site: Site) -> str:
    """Well signed, and longer than a document may be."""
    return with_claims(more="x" * MAX_DOCUMENT)(token, site)


def _signed(header: bytes, payload: bytes, site: Site) -> str:
    signing_input = f"{encode(header)}.{encode(payload)}"
    return f"{signing_input}.{encode(site.host_key.sign(signing_input.encode()))}"


def _header(site: Site, *, alg: str = "EdDSA", typ: Typ = Typ.LEASE) -> bytes:
    return f'{{"alg":"{alg}","typ":"{typ.value}","kid":"{site.host_key.kid}"}}'.encode()
