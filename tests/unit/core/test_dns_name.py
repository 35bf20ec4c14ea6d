"""Names in the DNS, as they are typed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.dns_name import is_dns_name, lies_in, parse_dns_name
from tenure.core.errors import Code, UsageError


def parsed(typed: str) -> str:
    """What is taken."""
    return parse_dns_name(typed, what="zone", example="corp.example")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        pytest.param("corp.example", "corp.example", id="plain"),
        pytest.param(" Corp.EXAMPLE. ", "corp.example", id="capitals, spaces and the final dot"),
        pytest.param("b\u00fcro.example", "xn--bro-hoa.example", id="other letters"),
        pytest.param("_tenure._tcp.corp.example", "_tenure._tcp.corp.example", id="underscores"),
        pytest.param("local", "local", id="one label"),
        pytest.param(".".join(["a" * 63] * 3 + ["b" * 61]), ".".join(["a" * 63] * 3 + ["b" * 61]), id="253"),
    ],
)
def test_a_name_is_taken_in_one_spelling(typed: str, name: str) -> None:
    """Lower case, without a final dot, and so is the result again."""
    assert parsed(typed) == name
    assert parsed(name) == name


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="empty"),
        pytest.param(".", id="the root"),
        pytest.param("10.0.0.1", id="an IPv4 address"),
        pytest.param("fd00::1", id="an IPv6 address"),
        pytest.param("corp.example:53", id="a port"),
        pytest.param("corp..example", id="an empty label"),
        pytest.param("-corp.example", id="a leading hyphen"),
        pytest.param(f"{'a' * 64}.example", id="a label of 64"),
        pytest.param(".".join(["a" * 63] * 3 + ["b" * 62]), id="254 characters"),
        pytest.param("corp example", id="a space"),
        pytest.param("corp.example\n$INCLUDE x", id="a second line"),
        pytest.param("\ud800.example", id="half a surrogate"),
        pytest.param("corp';reboot", id="a quote"),
        pytest.param("x" * 100_000, id="far too long"),
    ],
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    """The error is short, printable, says what it should have been, and shows a right one."""
    with pytest.raises(UsageError) as refused:
        parsed(typed)
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert "is no zone" in refused.value.detail
    assert refused.value.detail.isprintable()
    assert len(refused.value.detail) < 200
    assert refused.value.cure == "Write it as corp.example."


def test_a_name_that_others_stand_below_leaves_room() -> None:
    """Whoever asks says how long it may be; the labels that come in front are theirs to count."""
    assert parse_dns_name("a." * 120 + "b", what="zone", example="corp.example", longest=241)
    with pytest.raises(UsageError, match="more than 241 characters"):
        parse_dns_name("a." * 120 + "bc", what="zone", example="corp.example", longest=241)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("KMS_01.example", True, id="capitals and an underscore"),
        pytest.param("10.0.0.7", True, id="numbers alone"),
        pytest.param("a" * 63, True, id="a label of 63"),
        pytest.param("a" * 64, False, id="a label of 64"),
        pytest.param("a." * 126 + "b", True, id="253 characters"),
        pytest.param("a." * 126 + "bc", False, id="254 characters"),
        pytest.param("", False, id="empty"),
        pytest.param("a.", False, id="a final dot"),
        pytest.param("a-.b", False, id="a hyphen last"),
        pytest.param("\u212a.example", False, id="a sign whose lower case is k"),
        pytest.param("a\n", False, id="a line's end"),
    ],
)
def test_a_name_is_labels_with_dots_between(text: str, *, name: bool) -> None:
    """As they stand, without reading anything into them."""
    assert is_dns_name(text) is name


@given(st.text(max_size=300))
def test_what_is_taken_can_stand_in_any_script(typed: str) -> None:
    """Letters, digits, hyphens, underscores and dots, and nothing else."""
    try:
        name = parsed(typed)
    except UsageError:
        return
    assert re.fullmatch(r"[a-z0-9_.-]{1,253}", name)


@pytest.mark.parametrize(
    ("name", "lies"),
    [("corp.example", True), ("a.corp.example", True), ("acorp.example", False), ("example", False)],
)
def test_a_name_lies_in_its_domain(name: str, *, lies: bool) -> None:
    """The domain itself, and what stands below it after a dot."""
    assert lies_in(name, "corp.example") is lies
