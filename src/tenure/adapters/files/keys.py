"""Private keys in files of mode 0600, and their public halves beside them for everyone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import SECRET, read_file, write_atomically
from tenure.core.errors import Code, Untrusted, UsageError
from tenure.wire.keys import PublicKey, SigningKey, public_key_from_jwk

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT = 4096


def save_key(path: Path, key: SigningKey) -> None:
    """The private key is in `path` (mode 0600) as a JWK, its public half in `path` with `.pub` before the ending."""
    write_atomically(path, key.jwk_text.encode(), mode=SECRET)
    write_atomically(public_path(path), (json.dumps({**key.public.jwk, "kid": key.kid}) + "\n").encode())


def load_key(path: Path) -> SigningKey:
    """The private key in `path`.

    Raises:
        UsageError: code `not_set_up`, when the file is not there.
        Untrusted: code `state_damaged`, when it holds no key.
    """
    data = read_file(path, limit=_LIMIT)
    if data is None:
        raise UsageError(Code.NOT_SET_UP, f"There is no private key in {path}.", "Is this the right --home?")
    try:
        return SigningKey.from_jwk_text(data.decode())
    except UnicodeDecodeError as error:
        raise Untrusted(
            Code.STATE_DAMAGED, f"{path} holds no private key.", "Restore it from the backup."
        ) from error


def load_public_key(path: Path) -> PublicKey:
    """The public key in a JWK file, such as an administrator gives with `--root`.

    Raises:
        UsageError: code `invalid_argument`, when there is no such file or it is no JWK.
        Untrusted: code `document_malformed`, when the JWK is no public Ed25519 key.
    """
    data = read_file(path, limit=_LIMIT)
    if data is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {path}.")
    try:
        members = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(Code.INVALID_ARGUMENT, f"{path} is no JWK: it is not JSON.") from error
    return public_key_from_jwk(members)


def public_path(path: Path) -> Path:
    """Where the public half of the key in `path` stands: `root.jwk` has it in `root.pub.jwk`."""
    return path.with_suffix(".pub.jwk")
