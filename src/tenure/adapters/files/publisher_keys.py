"""A publisher's own keys in files: the root, which can be taken offline, and the signing key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.keys import load_key, save_key
from tenure.adapters.os.randomness import random_seed
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
