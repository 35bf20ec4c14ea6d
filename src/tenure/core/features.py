"""Which of a product's features run at a license status: the catalog says from which status on each stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.core.license_status import LicenseStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

UNLISTED_STOPS: Final = LicenseStatus.REDUCED_FUNCTIONALITY
"""From when a feature stops that the catalog does not name.

Never would make a misspelt name, or one that an old catalog lacks, a way around the license; `notification` would stop
what no publisher asked to stop, on machines whose host is merely away.
"""

STOPPED: Final[dict[LicenseStatus, frozenset[LicenseStatus]]] = {
    LicenseStatus.LICENSED: frozenset(),
    LicenseStatus.INITIAL_GRACE: frozenset(),
    LicenseStatus.NOTIFICATION: frozenset({LicenseStatus.NOTIFICATION}),
    LicenseStatus.REDUCED_FUNCTIONALITY: frozenset(
        {LicenseStatus.NOTIFICATION, LicenseStatus.REDUCED_FUNCTIONALITY}
    ),
    # Nobody ever installed a key: no more runs than at the end of a license.
    LicenseStatus.UNLICENSED: frozenset({LicenseStatus.NOTIFICATION, LicenseStatus.REDUCED_FUNCTIONALITY}),
}
"""At each license status, the features of which mark are stopped."""


def runs(feature: str, features: Mapping[str, LicenseStatus], status: LicenseStatus) -> bool:
    """Whether the feature runs at this status; `features` is the catalog's, name to the status from which it stops."""
    return features.get(feature, UNLISTED_STOPS) not in STOPPED[status]
