"""Events as XML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.kms_log import Logged, event_xml
from tenure.microsoft.event_split import event_elements
from tenure.microsoft.event_xml import read_xml
from tenure.microsoft.events import KmsRequest, NotUnderstood, Unrelated

LOGGED = Logged("kms1.contoso.com", 1_700_000_000, "36f27b39-2fd5-440b-be67-a09996d27a38", "pc&1")


@pytest.mark.parametrize("root", [True, False])
def test_an_event_is_read(*, root: bool) -> None:
    """As the event viewer saves it, and as wevtutil prints it."""
    (element,) = event_elements([event_xml([LOGGED], root=root)])
    found = read_xml(element or b"")
    assert isinstance(found, KmsRequest)
    assert (found.host, found.at, found.cmid, found.name) == (
        LOGGED.host,
        LOGGED.at,
        LOGGED.cmid,
        "pc&1",
    )


def test_an_event_with_a_prefix_is_read() -> None:
    """Names count without their namespace's prefix."""
    data = b"<Event xmlns:e='x'><e:System><e:Provider Name='x'/><e:EventID>900</e:EventID></e:System></Event>"
    assert read_xml(data) == Unrelated(900)


def test_data_outside_of_event_data_is_none() -> None:
    """Only children of EventData are elements, and only children of System are the system's."""
    moved = event_xml([LOGGED], root=False).replace(b"EventData", b"UserData")
    assert isinstance(read_xml(moved), NotUnderstood)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<Event>",
        b"<Event></Event><Event></Event>",
        b"<Event><System><EventID>&bomb;</EventID></System></Event>",
        b"<Event><!DOCTYPE x [<!ENTITY a 'b'>]></Event>",
        b"<!DOCTYPE Event [<!ENTITY a 'b'>]><Event><System><EventID>&a;</EventID></System></Event>",
        b"<Event>" + b"<a>" * 100 + b"</a>" * 100 + b"</Event>",
        b"<Event><EventData>" + b"<Data/>" * 1000 + b"</EventData></Event>",
        b"<Event>\x00</Event>",
        b"<Event>\xff</Event>",
        b"<Event><System><EventID>one</EventID></System></Event>",
    ],
)
def test_broken_and_hostile_xml_is_told(data: bytes) -> None:
    """Entities, depth, thousands of elements, and bytes that are no text."""
    assert isinstance(read_xml(data), NotUnderstood)


@given(st.text(), st.text())
def test_nothing_raises(before: str, inside: str) -> None:
    """Any text is something."""
    read_xml(before.encode("utf-8", "replace"))
    read_xml(f"<Event><System>{inside}</System></Event>".encode("utf-8", "replace"))
