"""Host certificates: how long they hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tenure.core.certificate import LIFETIME_SECONDS, RENEWAL_SECONDS, WARNING_DAYS

if TYPE_CHECKING:
    from tenure.core.certificate import HostCertificate


@pytest.mark.parametrize(
    ("edge", "seconds", "valid"),
    [
        ("iat", -1, False),
        ("iat", 0, True),
        ("iat", 1, True),
        ("exp", -1, True),
        ("exp", 0, False),
        ("exp", 1, False),
    ],
    ids=["1 s before iat", "at iat", "1 s after iat", "1 s before exp", "at exp", "1 s after exp"],
)
def test_a_certificate_holds_from_iat_until_just_before_exp(
    certificate: HostCertificate,
    edge: str,
    seconds: int,
    *,
    valid: bool,
) -> None:
    """Validity is half-open: the second of `iat` belongs to it, the second of `exp` does not."""
    at = {"iat": certificate.iat, "exp": certificate.exp}[edge] + seconds
    assert certificate.valid_at(at) is valid


def test_a_certificate_lasts_730_days_and_renews_in_the_last_180() -> None:
    """The default life, when renewal by itself begins, and when the host warns (design, sections 3 and 4)."""
    assert LIFETIME_SECONDS == 730 * 86_400
    assert RENEWAL_SECONDS == 180 * 86_400
    assert WARNING_DAYS == (90, 30, 7)


@pytest.mark.parametrize(
    ("valid_days", "renewed_after_days"),
    [(730, 550), (361, 181), (360, 180), (359, 179.5), (90, 45), (0, 0)],
)
def test_a_certificate_is_renewed_in_its_last_180_days_and_never_in_its_first_half(
    certificate: HostCertificate, valid_days: int, renewed_after_days: float
) -> None:
    """Counted from `iat`."""
    certificate = replace(certificate, exp=certificate.iat + valid_days * 86_400)
    assert certificate.renews_from() == certificate.iat + renewed_after_days * 86_400
