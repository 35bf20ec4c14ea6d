"""A publisher's own keys in files: the root, which can be taken offline, and the signing key.

root.jwk, signing.jwk            the keys in use, and `.pub.jwk` beside each
root.next.jwk, signing.next.jwk  a key that is on its way in
root.<kid>.jwk, signing.<kid>.jwk  keys that were in use: kept, since a backup may need them, and signing nothing
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tenure.adapters.files.keys import load_key, public_path, save_key
from tenure.adapters.os.randomness import random_seed
from tenure.core.errors import Untrusted, UsageError
from tenure.wire.keys import SigningKey

if TYPE_CHECKING:
    from pathlib import Path


class PublisherKeyFolder:
    """`KeyRing` in the files of one folder, mode 0600; the public halves stand beside them."""

    def __init__(self, folder: Path) -> None:
        """Keys are read when they are asked for, and made by `make_missing` alone."""
        self.root_path = folder / "root.jwk"
        self.signing_path = folder / "signing.jwk"

    def make_missing(self) -> None:
        """Root and signing key exist. A key that exists is never replaced."""
        for path in (self.root_path, self.signing_path):
            if not path.exists():
                save_key(path, SigningKey(random_seed()))

    def root(self) -> SigningKey:
        """The key that signs catalogs."""
        return load_key(self.root_path)

    def signing_key(self) -> SigningKey:
        """The key that signs certificates."""
        return load_key(self.signing_path)

    def next_root(self) -> SigningKey:
        """The root that is to follow."""
        return _next(self.root_path)

    def use_next_root(self) -> None:
        """The next root is the root."""
        _use_next(self.root_path)

    def next_signing_key(self) -> SigningKey:
        """The signing key that is to follow."""
        return _next(self.signing_path)

    def use_next_signing_key(self) -> None:
        """The next signing key is the signing key."""
        _use_next(self.signing_path)


def _next(path: Path) -> SigningKey:
    coming = path.with_suffix(".next.jwk")
    if not coming.exists():
        save_key(coming, SigningKey(random_seed()))
    return load_key(coming)


def _use_next(path: Path) -> None:
    """In an order that loses no key, wherever it is cut short: a second call finishes it."""
    coming = path.with_suffix(".next.jwk")
    if not coming.exists():
        return
    # A lost key's file may be gone, or be what somebody else put there: then there is nothing to keep.
    with suppress(UsageError, Untrusted):
        before = load_key(path)
        save_key(path.with_suffix(f".{before.kid}.jwk"), before)
    save_key(path, load_key(coming))
    public_path(coming).unlink(missing_ok=True)
    coming.unlink()
