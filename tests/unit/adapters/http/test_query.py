"""The parameters after the question mark."""

from __future__ import annotations

import pytest

from tenure.adapters.http.query import MAX_QUERY, Parameters
from tenure.core.errors import Code, Refused


def test_known_parameters_are_read_once_decoded() -> None:
    """Percent signs and pluses as in every form; one that is not there is empty, or None."""
    asked = Parameters("text=Stra%C3%9Fe+7&limit=5&type=", ("text", "limit", "type", "after"))
    assert (asked.text("text"), asked.text("type"), asked.text("after")) == ("Straße 7", "", "")
    assert (asked.number("limit", least=1, most=9), asked.number("after")) == (5, None)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("tex=a", id="unknown"),
        pytest.param("text=a&text=b", id="twice"),
        pytest.param("text=%ff", id="no-utf-8"),
        pytest.param("text=a&limit=1&text=b", id="too-many"),
        pytest.param("text=" + "x" * MAX_QUERY, id="too-long"),
    ],
)
def test_what_is_not_known_is_refused(query: str) -> None:
    """Whoever mistyped a filter would else be told too much."""
    with pytest.raises(Refused) as caught:
        Parameters(query, ("text", "limit"))
    assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("value", ["", "-1", "0", "10", "1.5", "x", "\u0661", "1" * 4_000])
def test_a_number_out_of_its_bounds_is_refused(value: str) -> None:
    """From 1 to 9, in the digits of ASCII."""
    with pytest.raises(Refused) as caught:
        Parameters(f"limit={value}", ("limit",)).number("limit", least=1, most=9)
    assert caught.value.code is Code.INVALID_REQUEST
