"""How long a host keeps what it recorded."""

from __future__ import annotations

import pytest

from tenure.core.errors import Code, UsageError
from tenure.host.retention import Retention, read_retention, set_retention


class Settings:
    """Settings in a dictionary."""

    def __init__(self) -> None:
        """Nothing is set."""
        self.kept: dict[str, str] = {}

    def settings(self) -> dict[str, str]:
        """All of them."""
        return self.kept

    def save_setting(self, name: str, value: str) -> None:
        """One of them."""
        self.kept[name] = value


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"log_days": "many"}, id="no-number"),
        pytest.param({"log_days": "0", "machine_days": "365"}, id="out-of-bounds"),
        pytest.param({"log_days": "9" * 50, "machine_days": "-400"}, id="absurd"),
        pytest.param({"log_days": "\u0661"}, id="another-scripts-digit"),
    ],
)
def test_what_cannot_be_used_counts_as_not_set(stored: dict[str, str]) -> None:
    """90 and 400 days then; a bad value never keeps a host from serving."""
    assert read_retention(stored) == Retention(log_days=90, machine_days=400)


def test_what_is_given_is_kept_and_the_rest_stays() -> None:
    """One of the two can be set alone."""
    store = Settings()
    set_retention(store=store, log_days=30, machine_days=None)  # type: ignore[arg-type] # the two methods that it asks
    kept = set_retention(store=store, log_days=None, machine_days=500)  # type: ignore[arg-type] # as above
    assert kept == Retention(log_days=30, machine_days=500)


@pytest.mark.parametrize(
    ("log_days", "machine_days"), [(0, None), (3_651, None), (None, 365), (None, 36_501)], ids=str
)
def test_a_machine_cannot_be_let_go_while_it_may_count(
    log_days: int | None, machine_days: int | None
) -> None:
    """366 days are the least, one more than the longest window; numbers out of bounds change nothing."""
    store = Settings()
    with pytest.raises(UsageError) as caught:
        set_retention(store=store, log_days=log_days, machine_days=machine_days)  # type: ignore[arg-type] # as above
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert store.kept == {}
