"""Which features run at which license status."""

from __future__ import annotations

import pytest

from tenure.core.features import STOPPED, runs
from tenure.core.license_status import LicenseStatus

S = LicenseStatus
FEATURES = {"export": S.NOTIFICATION, "save": S.REDUCED_FUNCTIONALITY}


@pytest.mark.parametrize(
    ("status", "running"),
    [
        (S.LICENSED, {"export", "save", "unlisted"}),
        (S.INITIAL_GRACE, {"export", "save", "unlisted"}),
        (S.NOTIFICATION, {"save", "unlisted"}),
        (S.REDUCED_FUNCTIONALITY, set()),
        (S.UNLICENSED, set()),
    ],
)
def test_a_feature_runs_until_the_status_that_the_catalog_names(status: S, running: set[str]) -> None:
    """One that the catalog does not name runs until reduced functionality."""
    assert {name for name in ("export", "save", "unlisted") if runs(name, FEATURES, status)} == running


def test_every_status_is_decided() -> None:
    """No status is missing from the table."""
    assert STOPPED.keys() == set(S)
