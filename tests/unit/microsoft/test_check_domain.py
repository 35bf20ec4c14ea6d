"""What an administrator types for a domain, and what it is taken for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, UsageError
from tenure.microsoft.check_domain import parent, parse_domain, service_name


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        pytest.param("corp.example.com", "corp.example.com", id="as it is"),
        pytest.param(" Corp.EXAMPLE.com. ", "corp.example.com", id="capitals, spaces, a final dot"),
        pytest.param("_vlmcs._tcp.example.com", "example.com", id="the whole name of the record"),
        pytest.param("_VLMCS._TCP.example.com", "example.com", id="the same in capitals"),
        pytest.param("bücher.example", "xn--bcher-kva.example", id="other letters"),
        pytest.param("contoso", "contoso", id="one word"),
        pytest.param("my_lab.local", "my_lab.local", id="an underscore, which Windows allows"),
        pytest.param("2024.test", "2024.test", id="digits"),
        pytest.param(f"{'a' * 63}.test", f"{'a' * 63}.test", id="a label of 63"),
        pytest.param(".".join(["a" * 59] * 4), ".".join(["a" * 59] * 4), id="239 characters"),
    ],
)
def test_a_domain_is_taken(typed: str, domain: str) -> None:
    """It comes in one form, whatever form it had."""
    assert parse_domain(typed) == domain


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="empty"),
        pytest.param(".", id="the root"),
        pytest.param("a..b", id="an empty label"),
        pytest.param("10.0.0.1", id="an IPv4 address"),
        pytest.param("[fd00::1]", id="an IPv6 address"),
        pytest.param("https://example.com", id="a URL"),
        pytest.param("kms.example.com:1688", id="a port"),
        pytest.param("exa mple.com", id="a space"),
        pytest.param("-x.test", id="a hyphen first"),
        pytest.param("evil\x1b[2J.test", id="a control character"),
        pytest.param("a;reboot.test", id="a semicolon"),
        pytest.param(f"{'a' * 64}.test", id="a label of 64"),
        pytest.param(".".join(["a" * 59] * 4) + "a" * 3, id="242 characters"),
        pytest.param("a" * 1_000_000, id="a million characters"),
        pytest.param("\ud800.test", id="half a surrogate"),
    ],
)
def test_what_is_no_domain_is_refused(typed: str) -> None:
    """The error is short and printable, and says what to write."""
    with pytest.raises(UsageError) as refused:
        parse_domain(typed)
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert refused.value.cure
    assert len(refused.value.detail) < 400
    assert refused.value.detail.isprintable()


@given(st.text(max_size=300))
def test_anything_is_a_domain_or_refused(typed: str) -> None:
    """A domain that was taken is plain ASCII, and stays what it is when it is read again."""
    try:
        domain = parse_domain(typed)
    except UsageError:
        return
    assert domain.isascii()
    assert len(service_name(domain)) <= 253
    assert parse_domain(f"_vlmcs._tcp.{domain}") == domain or len(domain) > 228


@pytest.mark.parametrize(
    ("domain", "above"),
    [
        pytest.param("a.b.test", "b.test", id="one up"),
        pytest.param("b.test", None, id="above it is a top-level domain"),
        pytest.param("test", None, id="nothing above"),
    ],
)
def test_the_domain_above_is_no_top_level_domain(domain: str, above: str | None) -> None:
    """Nobody asks the Internet's top-level domains for a KMS host."""
    assert parent(domain) == above
