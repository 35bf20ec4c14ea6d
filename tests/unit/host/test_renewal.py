from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.host import HOST_ID
from simulators.publisher import NOW, SimulatedPublisher, seeded
from tenure.core.policy import DAY
from tenure.host.renewal import renewals_due
from tenure.host.served import Served, ServedPublisher
from tenure.wire.certificate import certificate_of
from tenure.wire.jws import Typ, read
from tenure.wire.trust import TrustedCatalogs, first_catalogs, stored_certificate

if TYPE_CHECKING:
    from collections.abc import Iterable


def served(iats: Iterable[int | None]) -> Served:
    """A host with a publisher a certificate, each of 730 days from its `iat`; None: not activated yet."""
    publishers = {}
    for number, iat in enumerate(iats):
        publisher = SimulatedPublisher(publisher_id=UUID(int=number), opened=0)
        catalogs = first_catalogs((publisher.catalog_token,))
        token = publisher.certify(seeded(3), HOST_ID, iat=iat) if iat is not None else None
        publishers[publisher.publisher_id] = ServedPublisher(
            catalogs=catalogs,
            certificate=stored_certificate(token, catalogs.newest) if token else None,
            certificate_token=token,
            revocations=None,
        )
    return Served(identity=None, publishers=publishers)


@pytest.mark.parametrize(
    ("age", "due"),
    [
        (0, False),
        (550 * DAY - 1, False),
        (550 * DAY, True),
        (730 * DAY - 1, True),
        (730 * DAY, True),
        (2000 * DAY, True),
    ],
    ids=["new", "180 days and 1 s left", "180 days left", "1 s left", "at its end", "long ended"],
)
def test_a_certificate_is_due_in_its_last_180_days_and_after_its_end(age: int, *, due: bool) -> None:
    """A host that was off until its certificate had ended renews it at its next start."""
    assert bool(renewals_due(served([NOW - age]), NOW)) is due


def test_the_first_to_end_comes_first() -> None:
    """One certificate a publisher; who has none yet is left to `tenure host activate`."""
    due = renewals_due(served([NOW - 600 * DAY, NOW, None, NOW - 700 * DAY]), NOW)
    assert [one.certificate.publisher_id for one in due] == [UUID(int=3), UUID(int=0)]


@pytest.mark.parametrize(
    "closes", [NOW - DAY, NOW, NOW + 30 * DAY], ids=["closed", "closing now", "closing soon"]
)
def test_a_certificate_whose_key_closes_is_due_at_once(closes: int) -> None:
    """Machines that hear of it refuse what it stands under from then on; a certificate by another key is left alone."""
    publisher = SimulatedPublisher(opened=0)
    before = publisher.catalog
    catalog = replace(before, keys=(replace(before.keys[0], closes=closes),))
    catalogs = TrustedCatalogs(catalog, (publisher.catalog_token,))
    token = publisher.certify(seeded(3), HOST_ID, iat=NOW - 2 * DAY)
    certificate = certificate_of(read(token, Typ.HOST).claims)
    held = ServedPublisher(
        catalogs=catalogs, certificate=certificate, certificate_token=token, revocations=None
    )
    other = served([NOW - 600 * DAY]).publishers[UUID(int=0)]
    publishers = {UUID(int=0): other, publisher.publisher_id: held}
    due = renewals_due(Served(identity=None, publishers=publishers), NOW)
    assert [(one.certificate, one.key_closes) for one in due] == [
        (certificate, True),
        (other.certificate, False),
    ]
