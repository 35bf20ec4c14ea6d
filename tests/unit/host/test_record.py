"""The page about a host that its administrator keeps."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.host import HOST_ID
from simulators.publisher import NOW, SimulatedPublisher, seeded
from tenure.core.errors import Code, UsageError
from tenure.core.policy import DAY
from tenure.core.product_key import ALL_PRODUCTS, KeyType, ProductKey, make
from tenure.host.record import HostRecord, host_record
from tenure.host.served import Served, snapshot
from tenure.host.store import Enrolment, HostIdentity, StoredRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PUBLISHER = SimulatedPublisher()
KEY = make(KeyType.HOST, ALL_PRODUCTS, 2**79 + 12_345)
EPOCH = NOW - 500


class QuietStore:
    """A store that knows who the host is, and its settings."""

    def __init__(self, settings: Mapping[str, str], *, epoch: int = EPOCH, known: bool = True) -> None:
        """`known`: whether a key was installed."""
        self._settings = settings
        self._identity = HostIdentity(HOST_ID, epoch) if known else None

    def identity(self) -> HostIdentity | None:
        """Who it is."""
        return self._identity

    def settings(self) -> Mapping[str, str]:
        """All that were made."""
        return self._settings


class Keys:
    """The folder of the host's keys, in memory."""

    def __init__(self, **keys: ProductKey) -> None:
        """By publisher."""
        self._keys = keys

    def product_key(self, publisher_id: UUID) -> ProductKey | None:
        """The key of this publisher."""
        return self._keys.get(str(publisher_id))


def enrolled(*publishers: SimulatedPublisher, certificate: bool = True) -> Served:
    """What a host of these publishers serves."""
    return snapshot(
        HostIdentity(HOST_ID, EPOCH),
        [
            Enrolment(
                publisher.publisher_id,
                (publisher.catalog_token,),
                publisher.certify(seeded(3), HOST_ID) if certificate else None,
                None,
            )
            for publisher in publishers
        ],
        StoredRows({}, {}),
        {},
    )


def recorded(
    served: Served | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    keys: Keys | None = None,
    epoch: int = EPOCH,
    known: bool = True,
) -> HostRecord:
    """The record of a host."""
    return host_record(
        QuietStore(settings or {}, epoch=epoch, known=known),  # type: ignore[arg-type] # the two methods that it asks
        served if served is not None else enrolled(PUBLISHER),
        keys or Keys(),  # type: ignore[arg-type] # the one method that it asks
        name="kms1.example",
        url="http://192.0.2.1:1688",
        recorded_in=None,
        files_elsewhere=("/etc/tls/host.pem",),
    )


def test_it_says_who_the_host_is_and_what_its_publisher_must_know() -> None:
    """Everything that is asked for when its machine is gone."""
    record = recorded(keys=Keys(**{str(PUBLISHER.publisher_id): KEY}))
    assert (record.name, record.host_id, record.epoch) == ("kms1.example", HOST_ID, EPOCH)
    assert (record.url, record.port, record.files_elsewhere) == (
        "http://192.0.2.1:1688",
        1688,
        ("/etc/tls/host.pem",),
    )
    (publisher,) = record.publishers
    assert publisher.publisher_id == PUBLISHER.publisher_id
    assert (publisher.name, publisher.contact) == (PUBLISHER.catalog.name, PUBLISHER.catalog.contact)
    assert publisher.certificate is not None
    assert publisher.pools == {"servers": 5, "workstations": 25}
    assert list(publisher.pools) == sorted(publisher.pools)


def texts(value: object) -> Iterator[str]:
    """Every text and number in a record, however deep."""
    if is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, dict):
        yield from texts(tuple(value.items()))
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    else:
        yield str(value)


def test_no_secret_is_in_it() -> None:
    """Of a key only its last characters: they tell which of several keys it was."""
    record = recorded(keys=Keys(**{str(PUBLISHER.publisher_id): KEY}))
    said = "\n".join(texts(record))
    assert KEY.partial in said
    for group in KEY.text.split("-")[:-1]:
        assert group not in said


def test_a_host_that_is_not_activated_has_a_page_too() -> None:
    """Without a certificate there are no pools; without a key file there is no key."""
    record = recorded(enrolled(PUBLISHER, certificate=False), epoch=0)
    (publisher,) = record.publishers
    assert (publisher.certificate, publisher.key, publisher.pools) == (None, None, {})
    assert record.activated_at is None


def test_publishers_stand_in_an_order_that_stays() -> None:
    """So two prints of the same host are the same page."""
    several = [SimulatedPublisher(publisher_id=UUID(int=number)) for number in (3, 1, 2)]
    for order in (several, several[::-1]):
        found = [publisher.publisher_id for publisher in recorded(enrolled(*order)).publishers]
        assert found == [UUID(int=1), UUID(int=2), UUID(int=3)]


@pytest.mark.parametrize(
    ("stored", "epoch", "activated"),
    [
        pytest.param(str(NOW - DAY), EPOCH, NOW - DAY, id="written-down"),
        pytest.param(None, EPOCH, EPOCH, id="by-an-older-version-its-epoch"),
        pytest.param(None, 0, None, id="never"),
        pytest.param("soon", EPOCH, EPOCH, id="no-number"),
        pytest.param("0", EPOCH, EPOCH, id="before-all-times"),
        pytest.param(str(2**53 + 1), EPOCH, EPOCH, id="after-all-times"),
    ],
)
def test_the_first_activation_is_told_as_well_as_it_is_known(
    stored: str | None, epoch: int, activated: int | None
) -> None:
    """A restore raises the epoch, and so is no activation where that was written down."""
    settings = {"activated_at": stored} if stored is not None else {}
    assert recorded(settings=settings, epoch=epoch).activated_at == activated


@pytest.mark.parametrize(("stored", "port"), [("1700", 1700), ("0", 1688), ("x", 1688)])
def test_the_port_is_the_one_that_is_set(stored: str, port: int) -> None:
    """Else the usual one."""
    assert recorded(settings={"listening_port": stored}).port == port


def test_a_host_without_a_key_has_no_page() -> None:
    """There is nothing to keep."""
    with pytest.raises(UsageError) as caught:
        recorded(known=False)
    assert caught.value.code is Code.NOT_SET_UP
