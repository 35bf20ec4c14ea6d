"""In which order the hosts of SRV records are tried (RFC 2782).

dnspython has the same rule, but draws from a generator that nobody can hand in.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tenure.core.network import SrvRecord

_NO_WEIGHT: Final = 0.1
"""The weight of a record with 0: chosen seldom beside others, and by lot among its like."""


def in_turn(records: Iterable[SrvRecord], draw: Callable[[], float]) -> list[SrvRecord]:
    """The smallest priority first; of equal priority each next one by lot, in proportion to its weight.

    `draw` gives random numbers in [0, 1).
    """
    ordered = sorted(records, key=lambda record: record.priority)
    return [
        record
        for _, equals in groupby(ordered, key=lambda record: record.priority)
        for record in _by_lot(list(equals), draw)
    ]


def _by_lot(records: list[SrvRecord], draw: Callable[[], float]) -> Iterator[SrvRecord]:
    while records:
        lot = draw() * sum(record.weight or _NO_WEIGHT for record in records)
        chosen = len(records) - 1
        for place, record in enumerate(records):
            lot -= record.weight or _NO_WEIGHT
            if lot < 0:
                chosen = place
                break
        yield records.pop(chosen)
