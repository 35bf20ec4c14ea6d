"""Events as JSON, in three forms."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.kms_log import Logged, get_winevent, winlogbeat
from tenure.microsoft.event_json import LicenseObject, event_number, read_json
from tenure.microsoft.events import Fact, KmsRequest, NotUnderstood, Unrelated

LOGGED = Logged(
    "kms1.contoso.com", 1_700_000_000, "36f27b39-2fd5-440b-be67-a09996d27a38", "pc1", virtual=True
)


def read(value: Any) -> Fact | Unrelated | NotUnderstood | LicenseObject:
    """What the value tells as JSON."""
    return read_json(json.dumps(value).encode(), UTC)


def check(found: object) -> None:
    """It is the request that was logged."""
    assert isinstance(found, KmsRequest)
    assert (found.host, found.at, found.cmid, found.name) == (
        LOGGED.host,
        LOGGED.at,
        LOGGED.cmid,
        LOGGED.name,
    )
    assert (found.sku, found.minimum, found.virtual, found.state) == (LOGGED.sku, 25, True, 1)
    assert found.minutes == 250_000


def winlog(**change: Any) -> dict[str, Any]:
    """A line of Winlogbeat's, changed."""
    line: dict[str, Any] = json.loads(winlogbeat([LOGGED]))
    line["winlog"] |= change
    return line


def powershell(*, depth: int = 2, **change: Any) -> dict[str, Any]:
    """An object of Get-WinEvent's, changed."""
    found: dict[str, Any] = json.loads(get_winevent([LOGGED], depth=depth).decode("utf-16"))[0]
    return found | change


def reader(**change: Any) -> dict[str, Any]:
    """The form that the .evtx reader gives, changed."""
    system = {
        "Provider": {
            "#attributes": {"Name": LOGGED.provider, "Guid": "{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}"}
        },
        "EventID": {"#attributes": {"Qualifiers": 16384}, "#text": 12290},
        "TimeCreated": {"#attributes": {"SystemTime": "2023-11-14T22:13:20.500000Z"}},
        "Channel": LOGGED.channel,
        "Computer": LOGGED.host,
        "Correlation": None,
    }
    return {
        "Event": {
            "System": system | change,
            "EventData": {"Data": {"#text": list(LOGGED.values)}, "Binary": None},
        }
    }


def test_winlogbeat() -> None:
    """Its lines have the elements as param1, param2 ..., and leave empty ones out."""
    check(read(winlog()))
    check(read(winlog(event_id=12290)))


def test_winlogbeat_without_elements() -> None:
    """The message has the fields as well."""
    check(read(winlog(event_data=None)))


def test_winlogbeat_s_order_is_by_number() -> None:
    """JSON members have no order: param10 is the tenth wherever it stands."""
    line = winlog()
    data = line["winlog"]["event_data"]
    line["winlog"]["event_data"] = dict(sorted(data.items()))
    line["message"] = ""
    check(read(line))


@pytest.mark.parametrize("depth", [2, 3])
def test_get_winevent(depth: int) -> None:
    """At its usual depth the properties are names of a class, and the message has the fields."""
    check(read(powershell(depth=depth)))


@pytest.mark.parametrize(
    "created",
    ["2023-11-14T23:13:20.5+01:00", {"value": "/Date(1700000000500)/", "DateTime": "Tuesday"}],
)
def test_get_winevent_of_newer_powershells(created: object) -> None:
    """They write the time as ISO 8601, or as an object."""
    check(read(powershell(TimeCreated=created)))


def test_a_time_without_zone_is_read_in_the_given_one() -> None:
    """As `Select-Object @{...}` writes it on a German Windows."""
    line = powershell(TimeCreated="14.11.2023 23:13:20")
    check(read_json(json.dumps(line).encode(), ZoneInfo("Europe/Berlin")))


def test_the_reader_s_form() -> None:
    """Id as a number or with its qualifiers; elements as a list, and as one text."""
    check(read(reader()))
    check(read(reader(EventID=12290)))
    one = reader()
    one["Event"]["EventData"] = {"Data": {"#text": ",".join(LOGGED.values[1:])}}
    check(read(one))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "neither"),
        ([], "another form"),
        ({"winlog": 1}, "another form"),
        ({"winlog": {"event_id": [1]}}, "another form"),
        ({"winlog": {}}, "without an id"),
        (winlog(event_id="x" * 1000), "without an id"),
        (winlog(event_id=-1), "without an id"),
        (winlog(computer_name=""), "computer"),
        (winlog(provider_name="evil"), "provider"),
        (winlog() | {"@timestamp": "now"}, "time"),
        (powershell(TimeCreated=None), "time"),
        (powershell(TimeCreated="1/2/3" * 100), "time"),
        (powershell(Id=True), "another form"),
        (reader(Provider=None), "provider"),
        (reader(Provider={"#attributes": {"Name": ["x"]}}), "provider"),
        (reader(EventID={"#text": {}}), "without an id"),
    ],
)
def test_what_does_not_fit_is_told(value: object, reason: str) -> None:
    """In words."""
    found = read(value)
    assert isinstance(found, NotUnderstood)
    assert reason in found.reason


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b'{"Id": ' + b"[" * 100_000, b'{"winlog":{"event_id":"\xff"}}']
)
def test_broken_json_is_told(data: bytes) -> None:
    """Depth, bytes that are no text, and missing ends included."""
    assert isinstance(read_json(data, UTC), NotUnderstood)


def test_license_objects_are_left_to_their_reader() -> None:
    """They are told by their members."""
    assert isinstance(read({"LicenseStatus": 1}), LicenseObject)
    assert isinstance(read({"KeyManagementServiceCurrentCount": 1}), LicenseObject)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (12290, 12290),
        ("12290", 12290),
        ({"#text": "12290"}, 12290),
        (1_073_754_114, 12290),
        (0, 0),
        (-1, None),
        (True, None),
        (1.5, None),
        ("12290 ", None),
        ("", None),
        ("٣", None),
        (2**40, None),
        (None, None),
    ],
)
def test_event_ids(value: object, number: int | None) -> None:
    """A number, digits, with qualifiers above it, or none."""
    assert event_number(value) == number


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["winlog", "Event", "System", "Id", "TimeCreated", "Properties", "Message", "#text"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_nothing_raises(value: object) -> None:
    """Any JSON is something."""
    read(value)
