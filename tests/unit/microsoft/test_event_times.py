"""Times as Windows tools write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.microsoft.event_times import EARLIEST, LATEST, client_instant, instant, local_instant

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-11-05T22:33:06.265666Z", 1_699_223_586),
        ("2023-11-05T22:33:06.9999999Z", 1_699_223_586),
        ("2023-11-05T22:33:06+00:00", 1_699_223_586),
        ("2023-11-05T23:33:06.2656660+01:00", 1_699_223_586),
        ("/Date(1699223586265)/", 1_699_223_586),
        ("/Date(1699223586265+0100)/", 1_699_223_586),
        ("2023-11-05T22:33:06", None),
        ("2023-11-05", None),
        ("1601-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("/Date(-62135596800000)/", None),
        ("/Date(99999999999999999999)/", None),
        ("", None),
        ("soon", None),
    ],
)
def test_a_time_with_its_zone(text: str, expected: int | None) -> None:
    """ISO 8601 and PowerShell's form, floored; a time without a zone is none."""
    assert instant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2010/9/29 21:46", 1_285_796_760),
        ("2010/09/29 21:46", 1_285_796_760),
        ("2010/09/29 21:46:30", 1_285_796_760),
        ("9/29/2010 21:46", -1),
        ("2010/9/31 21:46", -1),
        ("2010/9/29 24:00", -1),
        ("2010/9/29 23:60", -1),
        ("1601/1/1 0:00", -1),
        ("2010/9/29", -1),
        ("", -1),
        ("a/b/c d:e", -1),
    ],
)
def test_a_machine_s_own_time(text: str, expected: int) -> None:
    """Year first, in UTC, to the minute."""
    assert client_instant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11/25/2023 10:33:06 PM", datetime(2023, 11, 25, 22, 33, 6, tzinfo=UTC)),
        ("25/11/2023 22:33:06", datetime(2023, 11, 25, 22, 33, 6, tzinfo=UTC)),
        ("25.11.2023 22:33:06", datetime(2023, 11, 25, 22, 33, 6, tzinfo=UTC)),
        ("05.11.2023 22:33:06", datetime(2023, 11, 5, 22, 33, 6, tzinfo=UTC)),
        ("2023-11-05 22:33:06", datetime(2023, 11, 5, 22, 33, 6, tzinfo=UTC)),
        ("2023/11/05 22:33", datetime(2023, 11, 5, 22, 33, tzinfo=UTC)),
        ("5/5/2023 12:00:00 AM", datetime(2023, 5, 5, 0, 0, tzinfo=UTC)),
        ("5/5/2023 12:00:00 PM", datetime(2023, 5, 5, 12, 0, tzinfo=UTC)),
        ("5/5/2023 12:00:00\u202fPM", datetime(2023, 5, 5, 12, 0, tzinfo=UTC)),
        ("5/6/2023 12:00:00 PM", None),
        ("31/31/2023 12:00:00", None),
        ("25.13.2023 22:33:06", None),
        ("11/25/2023", None),
        ("", None),
    ],
)
def test_a_time_as_windows_displays_it(text: str, expected: datetime | None) -> None:
    """A date that can be read two ways is not guessed."""
    assert local_instant(text, UTC) == (None if expected is None else int(expected.timestamp()))


def test_the_machine_s_own_time_tells_day_from_month() -> None:
    """5/6 is the fifth of June where the machine says June, and the sixth of May where it says May."""
    june = int(datetime(2023, 6, 5, 10, tzinfo=UTC).timestamp())
    may = int(datetime(2023, 5, 6, 14, tzinfo=UTC).timestamp())
    assert local_instant("5/6/2023 12:00:00", UTC, near=june) == june + 7200
    assert local_instant("5/6/2023 12:00:00", UTC, near=may) == may - 7200


def test_a_zone_is_applied_with_its_summer_time() -> None:
    """Berlin is one hour ahead in winter and two in summer."""
    assert local_instant("25.11.2023 12:00:00", BERLIN) == datetime(2023, 11, 25, 11, tzinfo=UTC).timestamp()
    assert local_instant("25.07.2023 12:00:00", BERLIN) == datetime(2023, 7, 25, 10, tzinfo=UTC).timestamp()


@given(st.integers(EARLIEST, LATEST - 1), st.integers(-14 * 60, 14 * 60))
def test_every_way_to_write_a_time_gives_the_same(seconds: int, offset: int) -> None:
    """ISO in any zone, PowerShell's form, and the machine's own, which has no seconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    local = moment.astimezone(timezone(timedelta(minutes=offset)))
    assert instant(moment.isoformat()) == seconds
    assert instant(local.isoformat()) == seconds
    assert instant(f"/Date({seconds * 1000 + 999})/") == seconds
    assert client_instant(f"{moment:%Y}/{moment.month}/{moment.day} {moment.hour}:{moment:%M}") == (
        seconds - seconds % 60
    )


@given(st.text())
def test_nothing_raises(text: str) -> None:
    """Any text is a time or none."""
    instant(text)
    client_instant(text)
    local_instant(text, UTC)
