from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from simulators.certificates import SimulatedCa
from tenure.adapters.files.own_ca import OwnCa
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_an_authority_is_kept_as_a_copy_until_it_is_forgotten(tmp_path: Path) -> None:
    """Readable by every program; the file that was given may go."""
    ca = SimulatedCa(tmp_path).file
    own = OwnCa(tmp_path / "client" / "ca.pem")
    assert own.kept() is None
    own.keep(ca)
    content = ca.read_bytes()
    ca.unlink()
    kept = own.kept()
    assert kept is not None
    assert kept.read_bytes() == content
    assert stat.S_IMODE(kept.stat().st_mode) == 0o644
    own.forget()
    own.forget()
    assert own.kept() is None


def test_a_key_beside_the_certificate_is_not_copied(tmp_path: Path) -> None:
    """The copy is for everybody to read."""
    authority = SimulatedCa(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(authority.ca.private_key_pem.bytes() + authority.file.read_bytes())
    own = OwnCa(tmp_path / "ca.pem")
    own.keep(both)
    assert (tmp_path / "ca.pem").read_bytes() == authority.file.read_bytes()


def test_a_later_authority_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """None but those in the file are trusted."""
    own = OwnCa(tmp_path / "ca.pem")
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        own.keep(SimulatedCa(folder).file)
    assert (tmp_path / "ca.pem").read_bytes() == (tmp_path / "second" / "ca-to-trust.pem").read_bytes()


@pytest.mark.parametrize("content", [None, b"", b"\x30\x82", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_file_without_a_certificate_is_refused_and_what_is_kept_stays(
    tmp_path: Path, content: bytes | None
) -> None:
    """`invalid_argument`, naming the file."""
    own = OwnCa(tmp_path / "ca.pem")
    own.keep(SimulatedCa(tmp_path).file)
    before = (tmp_path / "ca.pem").read_bytes()
    wrong = tmp_path / "wrong.pem"
    if content is not None:
        wrong.write_bytes(content)
    with pytest.raises(UsageError, match=r"wrong\.pem") as caught:
        own.keep(wrong)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert (tmp_path / "ca.pem").read_bytes() == before
