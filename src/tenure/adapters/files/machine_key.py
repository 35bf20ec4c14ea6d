"""The key with which a machine signs its requests to publishers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.adapters.files.folder_lock import folder_lock
from tenure.adapters.files.keys import load_key, save_key
from tenure.adapters.os.randomness import random_seed
from tenure.core.errors import Untrusted
from tenure.wire.keys import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "machine.jwk"


def machine_key(folder: Path) -> SigningKey:
    """The key of the machine whose state is in `folder`, mode 0600; made when it is first needed, once.

    Raises:
        LocalFault: code `home_unusable`, when it cannot be read or kept.
        Untrusted: code `state_damaged`, when the file holds no key.
    """
    path = folder / NAME
    with folder_lock(folder):
        if not path.exists():
            save_key(path, SigningKey(random_seed()))
    try:
        return load_key(path)
    except Untrusted as error:
        raise Untrusted(
            error.code, f"{path} holds no private key.", "Delete it: the next activation makes a new one."
        ) from error
