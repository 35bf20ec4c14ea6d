"""What a host decides about an activation request, before and after it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.core.errors import Code, Refused, Unavailable
from tenure.core.policy import CLOCK_TOLERANCE, clocks_agree

if TYPE_CHECKING:
    from tenure.core.certificate import HostCertificate


def check_certificate(certificate: HostCertificate, now: int) -> None:
    """Passes when the host may grant leases under this certificate now.

    Raises:
        Unavailable: code `host_certificate_expired`.
    """
    if not certificate.valid_at(now):
        raise Unavailable(
            Code.HOST_CERTIFICATE_EXPIRED,
            "This host's certificate is not valid now.",
            "Its administrator renews it with: tenure host activate.",
        )


def check_host_clock(newest_row: int, now: int) -> None:
    """Passes when the host's clock is not over 4 hours behind the newest row that it wrote itself.

    Raises:
        Unavailable: code `host_clock`.
    """
    if newest_row - now > CLOCK_TOLERANCE:
        raise Unavailable(
            Code.HOST_CLOCK,
            f"This host's clock ({now}) is {newest_row - now} s behind the newest request that it recorded.",
            "Set the host's clock right; if the recorded times are the wrong ones: tenure host accept-clock.",
        )


def check_client_clock(client_time: int, now: int) -> None:
    """Passes when machine and host agree on the time within 4 hours.

    Raises:
        Refused: code `clock_skew` (0xC004F06C).
    """
    if not clocks_agree(client_time, now):
        raise Refused(
            Code.CLOCK_SKEW,
            f"The machine's clock says {client_time}, the host's {now}: over 4 hours apart.",
            "Set the machine's clock (UTC) and try again.",
        )


def reaches(count: int, threshold: int) -> bool:
    """Whether a pool's count lets its machines be granted leases."""
    return count >= threshold
