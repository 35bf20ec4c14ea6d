"""A host's secrets: the key that signs its leases, and the product keys that were installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import SECRET, read_file, write_atomically
from tenure.adapters.files.keys import load_key, save_key
from tenure.adapters.os.randomness import random_seed
from tenure.core.product_key import ProductKey, parse
from tenure.wire.keys import SigningKey

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID


class HostKeyFolder:
    """`KeyFolder` in the files of one folder, mode 0600."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before it is needed."""
        self._folder = folder
        self._host_key: SigningKey | None = None

    def host_key(self) -> SigningKey:
        """The key that signs leases; made when it is first asked for, read once."""
        if self._host_key is None:
            path = self._folder / "host.jwk"
            if not path.exists():
                save_key(path, SigningKey(random_seed()))
            self._host_key = load_key(path)
        return self._host_key

    def save_product_key(self, publisher_id: UUID, key: ProductKey) -> None:
        """The host key of this publisher is this one."""
        write_atomically(self._product_key_path(publisher_id), f"{key.text}\n".encode(), mode=SECRET)

    def product_key(self, publisher_id: UUID) -> ProductKey | None:
        """The host key that was installed for this publisher."""
        data = read_file(self._product_key_path(publisher_id), limit=200)
        return parse(data.decode("ascii", errors="replace")) if data is not None else None

    def _product_key_path(self, publisher_id: UUID) -> Path:
        return self._folder / f"{publisher_id}.product-key"
