"""Events as text, as the event viewer copies them."""

from __future__ import annotations

from datetime import UTC

import pytest

from simulators.kms_log import Logged
from tenure.microsoft.event_text import looks_like_event_text, read_event_text
from tenure.microsoft.events import KmsRequest, NotUnderstood, Unrelated

LOGGED = Logged("kms1.contoso.com", 1_700_000_000, "36f27b39-2fd5-440b-be67-a09996d27a38", "pc1")
TEXT = f"""Log Name:      Key Management Service
Source:        Microsoft-Windows-Security-SPP
Date:          11/14/2023 10:13:20 PM
Event ID:      12290
Task Category: None
Level:         Information
Computer:      kms1.contoso.com
Description:
{LOGGED.message}
"""


def test_a_copied_event_is_read() -> None:
    """With its time in the given zone."""
    (found,) = read_event_text(TEXT, host="", zone=UTC)
    assert isinstance(found, KmsRequest)
    assert (found.host, found.at, found.name) == (LOGGED.host, LOGGED.at, "pc1")


def test_many_events_in_one_text() -> None:
    """Each begins with its log or its source; comments before the first belong to none."""
    other = TEXT.replace("12290", "900")
    found = list(read_event_text("A note.\n" + TEXT + other + TEXT, host="", zone=UTC))
    assert [type(one) for one in found] == [KmsRequest, Unrelated, KmsRequest]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Date:          11/14/2023 10:13:20 PM", "Date:", "time"),
        ("Date:          11/14/2023 10:13:20 PM", "Date: " + "1" * 100, "time"),
        ("Computer:      kms1.contoso.com", "Computer:", "computer"),
        ("12290", "none", "without an id"),
        ("pc1", "<KMS Client name>", "shape"),
    ],
)
def test_what_is_missing_is_told(old: str, new: str, reason: str) -> None:
    """An event without time or computer is no fact."""
    (found,) = read_event_text(TEXT.replace(old, new), host="", zone=UTC)
    assert isinstance(found, NotUnderstood)
    assert reason in found.reason


def test_an_event_is_known_by_its_source_and_id() -> None:
    """Other texts are not taken for events."""
    assert looks_like_event_text(TEXT)
    assert not looks_like_event_text("Source: a book\nDate: today")
    assert not looks_like_event_text("")
