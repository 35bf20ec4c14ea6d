"""The order of SRV records: RFC 2782, as numbers."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.dns import srv
from tenure.client.srv_order import in_turn
from tenure.core.network import SrvRecord

RECORDS = st.lists(
    st.builds(
        SrvRecord,
        priority=st.integers(0, 3),
        weight=st.integers(0, 65_535),
        port=st.integers(1, 65_535),
        target=st.sampled_from(["a.test", "b.test", "c.test"]),
        ttl=st.just(300),
    ),
    max_size=12,
)


@given(RECORDS, st.randoms(use_true_random=False))
def test_every_record_has_its_turn_and_a_better_priority_comes_first(
    records: list[SrvRecord], lots: random.Random
) -> None:
    """Whatever the lots: nothing is lost or added, and priorities only rise."""
    turns = in_turn(records, lots.random)
    assert Counter(turns) == Counter(records)
    priorities = [record.priority for record in turns]
    assert priorities == sorted(priorities)


@pytest.mark.parametrize("draw", [0.0, 0.999_999_999_999_999_9])
@given(records=RECORDS)
def test_the_ends_of_the_lot_are_lots(draw: float, records: list[SrvRecord]) -> None:
    """The smallest and the largest number that is drawn choose a record, too."""
    assert Counter(in_turn(records, lambda: draw)) == Counter(records)


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        pytest.param((60, 20, 20), (0.6, 0.2, 0.2), id="in proportion"),
        pytest.param((0, 0, 0), (1 / 3, 1 / 3, 1 / 3), id="no weights: all alike"),
        pytest.param((0, 10, 10), (0.005, 0.4975, 0.4975), id="no weight beside others: seldom"),
        pytest.param((65_535, 1, 0), (0.999_98, 0.000_015, 0.000_001_5), id="the largest"),
    ],
)
def test_the_first_of_equals_is_chosen_by_weight(weights: tuple[int, ...], shares: tuple[float, ...]) -> None:
    """Of 10,000 machines each record gets its share, within four standard deviations."""
    lots = random.Random(2782)  # noqa: S311 - the same lots in every run
    records = [srv(f"{place}.test", weight=weight) for place, weight in enumerate(weights)]
    machines = 10_000
    first = Counter(in_turn(records, lots.random)[0].target for _ in range(machines))
    for place, share in enumerate(shares):
        deviation = (machines * share * (1 - share)) ** 0.5
        assert abs(first[f"{place}.test"] - machines * share) <= 4 * deviation + 1


def test_the_next_is_chosen_by_weight_among_those_that_are_left() -> None:
    """Where the heaviest fails, its load goes to the others in their own proportion."""
    lots = random.Random(2782)  # noqa: S311 - the same lots in every run
    records = [srv("a.test", weight=80), srv("b.test", weight=15), srv("c.test", weight=5)]
    turns = [in_turn(records, lots.random) for _ in range(10_000)]
    second = Counter(turn[1].target for turn in turns if turn[0].target == "a.test")
    assert 0.73 < second["b.test"] / second.total() < 0.77
