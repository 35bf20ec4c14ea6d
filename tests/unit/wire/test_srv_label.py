"""The label under which hosts stand in the DNS."""

from __future__ import annotations

import pytest

from tenure.core.errors import Code, Refused, UsageError
from tenure.wire.srv_label import DEFAULT_LABEL, parse_label, service_name


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        pytest.param("_tenure", "_tenure", id="ours"),
        pytest.param(" _Own-Label9 ", "_own-label9", id="any case"),
        pytest.param("_" + "a" * 62, "_" + "a" * 62, id="63 characters"),
        pytest.param("_vlmcs2", "_vlmcs2", id="one that only begins like Microsoft's"),
    ],
)
def test_a_label_is_taken_as_typed(typed: str, label: str) -> None:
    """In lower case."""
    assert parse_label(typed) == label


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="nothing"),
        pytest.param("tenure", id="no underscore"),
        pytest.param("_", id="an underscore alone"),
        pytest.param("_tenure._tcp", id="two labels"),
        pytest.param("_-a", id="a hyphen first"),
        pytest.param("_a-", id="a hyphen last"),
        pytest.param("_" + "a" * 63, id="64 characters"),
        pytest.param("_\x1b[2J", id="a control character"),
    ],
)
def test_what_is_no_label_is_refused(typed: str) -> None:
    """In words, whatever it is."""
    with pytest.raises(UsageError) as caught:
        parse_label(typed)
    assert caught.value.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize("typed", ["_vlmcs", "_VLMCS "])
def test_microsofts_label_is_refused(typed: str) -> None:
    """The message says whose it is, and which to use (ADR 0001)."""
    with pytest.raises(Refused) as caught:
        parse_label(typed)
    assert caught.value.code is Code.FOREIGN_SERVICE
    assert "Microsoft" in caught.value.detail
    assert DEFAULT_LABEL in caught.value.cure


def test_a_service_has_its_name_in_the_domain() -> None:
    """TCP, as RFC 2782 writes it."""
    assert service_name("_tenure", "corp.example") == "_tenure._tcp.corp.example"
