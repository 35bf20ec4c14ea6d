"""Requests that were carried away, in files: they come back, and damage is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tenure.adapters.files.pending_folder import FilePendingFolder
from tenure.core.errors import Code, Untrusted
from tenure.wire.pending import PendingRequests
from unit.wire.example import CERTIFICATE_TOKEN, REQUEST_TOKEN

if TYPE_CHECKING:
    from pathlib import Path

AUDIENCE = UUID(int=1)


def test_what_was_kept_comes_back_for_its_audience_alone(tmp_path: Path) -> None:
    """Nothing is there before something is kept."""
    folder = FilePendingFolder(tmp_path / "pending")
    assert folder.pending(AUDIENCE) == PendingRequests()
    folder.save_pending(AUDIENCE, PendingRequests((REQUEST_TOKEN,)))
    assert folder.pending(AUDIENCE) == PendingRequests((REQUEST_TOKEN,))
    assert folder.pending(UUID(int=2)) == PendingRequests()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param('{"format": 2, "requests": []}', id="another format"),
        pytest.param('{"format": 1, "requests": ["x"]}', id="no request"),
        pytest.param(f'{{"format": 1, "requests": ["{CERTIFICATE_TOKEN}"]}}', id="another document"),
        pytest.param("[" * 10_000, id="nested deeply"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    """With what to do: no answer is matched by guessing."""
    folder = FilePendingFolder(tmp_path)
    (tmp_path / f"{AUDIENCE}.json").write_text(content)
    with pytest.raises(Untrusted) as caught:
        folder.pending(AUDIENCE)
    assert caught.value.code is Code.STATE_DAMAGED
    assert str(AUDIENCE) in caught.value.detail
