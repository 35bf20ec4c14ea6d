"""Times as Windows tools write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import tzinfo

EARLIEST: Final = 1_136_073_600
"""2006-01-01: before the first KMS host."""
LATEST: Final = 4_102_444_800
"""2100-01-01."""
_MAX_SKEW_S: Final = 15 * 3600
"""Zone and clock difference together: a client's UTC time is never further from a host's local time."""

_JSON_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_LOCAL = re.compile(
    r"(\d{1,4})([./-]) ?(\d{1,2})\2 ?(\d{1,4})[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d{1,9})? ?([AaPp])?\.?[Mm]?\.?"
)


def instant(text: str) -> int | None:
    """The Unix seconds of a time that carries its zone: ISO 8601 with Z or offset, or `/Date(ms)/`; else None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        found = _JSON_DATE.fullmatch(text)
        return None if found is None else _plausible(int(found[1]) // 1000)
    if moment.tzinfo is None:
        return None
    return _plausible(int(moment.timestamp()))


def client_instant(text: str) -> int:
    """The Unix seconds of a machine's own time in an event (`2010/9/29 21:46`, UTC); -1 when it is written otherwise."""
    date, _, clock = text.partition(" ")
    hours, _, minutes = clock.partition(":")
    try:
        hour, minute = int(hours), int(minutes[:2])
        midnight = _midnight(date)
    except (ValueError, IndexError):
        return -1
    return midnight + hour * 3600 + minute * 60 if hour < 24 and minute < 60 else -1  # noqa: PLR2004 - a clock's


@lru_cache(maxsize=1024)
def _midnight(date: str) -> int:
    """The Unix seconds at which a day begins, in UTC; a log has few days and many entries.

    Raises:
        ValueError, IndexError: it is no such day.
    """
    parts = date.split("/")
    moment = datetime(int(parts[0]), int(parts[1]), int(parts[2]), tzinfo=UTC)
    midnight = _plausible(int(moment.timestamp()))
    if midnight is None:
        raise ValueError("not in this century")
    return midnight


def local_instant(text: str, zone: tzinfo, *, near: int = -1) -> int | None:
    """The Unix seconds of a time as a Windows of some country displays it; None when it can be read two ways.

    What tells day from month, in this order: a dot between them (the day comes first), a year in front, a number over
    12, and `near`: a machine's own time in the same entry, which is less than a day away.
    """
    found = _LOCAL.fullmatch(text.strip().replace("\u202f", " ").replace("\u200e", ""))
    if found is None:
        return None
    first, mark, second, third = found[1], found[2], found[3], found[4]
    if len(first) == 4:  # noqa: PLR2004 - the digits of a year
        orders = [(first, second, third)]
    elif mark == ".":
        orders = [(third, second, first)]
    else:
        orders = [(third, first, second), (third, second, first)]
    moments = {
        moment
        for order in orders
        if (moment := _moment(order, (found[5], found[6], found[7] or "0"), found[8], zone)) is not None
    }
    if near >= 0:
        moments = {moment for moment in moments if abs(moment - near) <= _MAX_SKEW_S} or moments
    return moments.pop() if len(moments) == 1 else None


def _moment(
    date: tuple[str, str, str], clock: tuple[str, str, str], half: str | None, zone: tzinfo
) -> int | None:
    year, month, day = (int(part) for part in date)
    hour, minute, second = (int(part) for part in clock)
    if half:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    try:
        return _plausible(int(datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp()))
    except ValueError:
        return None


def _plausible(seconds: int) -> int | None:
    return seconds if EARLIEST <= seconds < LATEST else None
