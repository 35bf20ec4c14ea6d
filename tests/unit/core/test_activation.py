"""What a host asks before it grants: its certificate, its own clock, the machine's clock, the count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tenure.core.activation import check_certificate, check_client_clock, check_host_clock, reaches
from tenure.core.errors import Code, Refused, Unavailable

if TYPE_CHECKING:
    from tenure.core.certificate import HostCertificate

NOW: Final = 1_800_000_000


def test_a_host_grants_from_its_certificates_first_second_to_its_last(certificate: HostCertificate) -> None:
    """At `iat` and one second before `exp` a host may grant."""
    check_certificate(certificate, certificate.iat)
    check_certificate(certificate, certificate.exp - 1)


@pytest.mark.parametrize("early", [True, False], ids=["1 s before iat", "at exp"])
def test_a_host_outside_its_certificate_grants_nothing(
    certificate: HostCertificate,
    *,
    early: bool,
) -> None:
    """One second before `iat` and at `exp` the host is unavailable, and says how its administrator renews it."""
    with pytest.raises(Unavailable) as caught:
        check_certificate(certificate, certificate.iat - 1 if early else certificate.exp)
    assert caught.value.code is Code.HOST_CERTIFICATE_EXPIRED
    assert "tenure host activate" in caught.value.cure


@pytest.mark.parametrize(
    "behind", [-86_400, 0, 14_399, 14_400], ids=["a day ahead", "0 s", "3 h 59 min 59 s", "4 h 0 s"]
)
def test_a_host_clock_may_be_4_hours_behind_its_newest_row(behind: int) -> None:
    """Up to and including 4 hours behind, and any time ahead, a host goes on."""
    check_host_clock(NOW + behind, NOW)


def test_a_host_clock_further_behind_its_newest_row_grants_nothing() -> None:
    """At 4 h 1 s the host is unavailable with `host_clock`, and names the command that accepts the clock."""
    with pytest.raises(Unavailable) as caught:
        check_host_clock(NOW + 14_401, NOW)
    assert caught.value.code is Code.HOST_CLOCK
    assert f"({NOW}) is 14401 s behind" in caught.value.detail
    assert "tenure host accept-clock" in caught.value.cure


@pytest.mark.parametrize("difference", [-14_400, 0, 14_400], ids=["4 h behind", "equal", "4 h ahead"])
def test_a_machine_clock_may_differ_by_4_hours(difference: int) -> None:
    """4 h 0 s passes on either side."""
    check_client_clock(NOW + difference, NOW)


@pytest.mark.parametrize("difference", [-14_401, 14_401], ids=["4 h 1 s behind", "4 h 1 s ahead"])
def test_a_machine_clock_that_differs_more_is_refused(difference: int) -> None:
    """4 h 1 s is `clock_skew` on either side, with both times and the code that administrators know."""
    with pytest.raises(Refused) as caught:
        check_client_clock(NOW + difference, NOW)
    assert caught.value.code is Code.CLOCK_SKEW
    assert caught.value.hresult == "0xC004F06C"
    assert f"says {NOW + difference}, the host's {NOW}" in caught.value.detail


@pytest.mark.parametrize(
    ("count", "threshold", "granted"),
    [
        (24, 25, False),
        (25, 25, True),
        (26, 25, True),
        (4, 5, False),
        (5, 5, True),
        (6, 5, True),
        (1, 1, True),
    ],
    ids=["24 of 25", "25 of 25", "26 of 25", "4 of 5", "5 of 5", "6 of 5", "1 of 1"],
)
def test_the_count_that_equals_the_threshold_reaches_it(count: int, threshold: int, *, granted: bool) -> None:
    """One short of the threshold waits; the threshold itself and more is granted."""
    assert reaches(count, threshold) is granted
