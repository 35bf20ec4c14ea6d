"""A publisher's keys in files while one takes the place of another."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.keys import load_public_key, public_path
from tenure.adapters.files.publisher_keys import PublisherKeyFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenure.wire.keys import SigningKey


@pytest.fixture(params=["root", "signing"])
def key(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[PublisherKeyFolder, Path, Callable[[], SigningKey]]:
    """A folder with both keys, and the path and the reading of one of them."""
    folder = PublisherKeyFolder(tmp_path)
    folder.make_missing()
    if request.param == "root":
        return folder, folder.root_path, folder.root
    return folder, folder.signing_path, folder.signing_key


def following(folder: PublisherKeyFolder, path: Path) -> SigningKey:
    """The next key of that path."""
    return folder.next_root() if path == folder.root_path else folder.next_signing_key()


def follow(folder: PublisherKeyFolder, path: Path) -> None:
    """The next key is the key."""
    if path == folder.root_path:
        folder.use_next_root()
    else:
        folder.use_next_signing_key()


def test_the_next_key_is_made_once_and_takes_the_place(
    key: tuple[PublisherKeyFolder, Path, Callable[[], SigningKey]],
) -> None:
    """The one before is kept aside under its kid, every private file is secret, and the public half stands beside."""
    folder, path, read = key
    before = read()
    new = following(folder, path)
    assert following(folder, path).kid == new.kid != before.kid
    assert read().kid == before.kid
    follow(folder, path)
    assert read().kid == new.kid
    assert load_public_key(public_path(path)).kid == new.kid
    kept = path.with_suffix(f".{before.kid}.jwk")
    assert stat.S_IMODE(kept.stat().st_mode) == stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(path.parent.glob("*.next*"))


def test_without_a_next_key_nothing_happens(
    key: tuple[PublisherKeyFolder, Path, Callable[[], SigningKey]],
) -> None:
    """Asking twice is harmless: the second call finds the work done."""
    folder, path, read = key
    following(folder, path)
    follow(folder, path)
    after = read().kid
    follow(folder, path)
    assert read().kid == after
    assert following(folder, path).kid != after


@pytest.mark.parametrize("left", [None, b"no key"], ids=["gone", "garbage"])
def test_a_key_that_is_lost_needs_no_file(
    key: tuple[PublisherKeyFolder, Path, Callable[[], SigningKey]], left: bytes | None
) -> None:
    """Nothing can be kept of it, and the next one takes its place."""
    folder, path, read = key
    new = following(folder, path)
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    follow(folder, path)
    assert read().kid == new.kid
