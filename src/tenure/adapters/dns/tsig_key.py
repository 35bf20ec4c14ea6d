"""The key that signs updates (RFC 8945), in a file as `tsig-keygen` writes it and BIND reads it."""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import read_file
from tenure.core.dns_name import parse_dns_name
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from pathlib import Path

ALGORITHMS: Final = ("hmac-sha256", "hmac-sha384", "hmac-sha512")
"""RFC 8945, section 6, allows more; MD5 and SHA-1 are broken or nearly so, and a new key costs a minute."""
_LIMIT: Final = 4_096
"""Bytes of the file."""
_SECRET_BYTES: Final = (16, 512)
_TOKEN: Final = re.compile(
    r"""\s+ | /\*.*?\*/ | //[^\n]* | \#[^\n]*     # between words
        | "(?P<quoted>[^"]*)" | (?P<word>[^\s{};"]+) | (?P<mark>[{};])""",
    re.DOTALL | re.VERBOSE,
)
_KEYGEN: Final = (
    "Make one with `tsig-keygen -a hmac-sha256 NAME > FILE`, for this host and the DNS server alike."
)


@dataclass(frozen=True, slots=True)
class TsigKey:
    """A key that a DNS server knows as well."""

    name: str
    algorithm: str
    secret: bytes = field(repr=False)


def read_tsig_key(path: Path) -> TsigKey:
    """The key in the file.

    Raises:
        UsageError: code `invalid_argument`: no file, no key, two keys, or one that is too weak. It repeats nothing of
            what the file holds.
        LocalFault: code `home_unusable`, when this user may not read it.
    """
    data = read_file(path, limit=_LIMIT)
    if data is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no TSIG key in {path}: no such file.", _KEYGEN)
    return parse_tsig_key(data.decode(errors="replace"), what=str(path))


def parse_tsig_key(text: str, *, what: str) -> TsigKey:
    """The one key statement in a text, `key "NAME" { algorithm hmac-sha256; secret "BASE64"; };`.

    Raises:
        UsageError: as `read_tsig_key` does.
    """
    words = _words(text)
    match words:
        case ["key", name, "{", one, first, ";", other, second, ";", "}", ";"]:
            said = {one: first, other: second}
        case _:
            said, name = {}, ""
    if set(said) != {"algorithm", "secret"}:
        raise UsageError(Code.INVALID_ARGUMENT, f"{what} is no file with one TSIG key.", _KEYGEN)
    algorithm = said["algorithm"].lower().removesuffix(".")
    if algorithm not in ALGORITHMS:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The key in {what} is not for {', '.join(ALGORITHMS[:-1])} or {ALGORITHMS[-1]}.",
            f"Older algorithms are not taken. {_KEYGEN}",
        )
    low, high = _SECRET_BYTES
    try:
        secret = base64.b64decode(said["secret"], validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not low <= len(secret) <= high:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"The secret in {what} is not {low} to {high} bytes in base64.", _KEYGEN
        )
    return TsigKey(parse_dns_name(name, what="name of a key", example='"tenure-host1"'), algorithm, secret)


def is_readable_by_others(path: Path) -> bool:
    """Whether more than the file's owner may read it, where a file's mode says so."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o044)


def _words(text: str) -> list[str]:
    """Words and marks without what stands between them; what cannot be read at all is no words."""
    words = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return []
        if token.lastgroup is not None:
            words.append(token[token.lastgroup])
        at = token.end()
    return words
