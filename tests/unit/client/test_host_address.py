from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.client.host_address import parse_host
from tenure.core.errors import Code, Refused, UsageError


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        pytest.param("kms.example", "http://kms.example:1688", id="name"),
        pytest.param("KMS.Example.", "http://kms.example:1688", id="case and final dot"),
        pytest.param("pc_1", "http://pc_1:1688", id="underscore"),
        pytest.param("kms.example:1", "http://kms.example:1", id="lowest port"),
        pytest.param("kms.example:65535", "http://kms.example:65535", id="highest port"),
        pytest.param("http://kms.example", "http://kms.example:1688", id="http, default port"),
        pytest.param("https://kms.example:443/", "https://kms.example:443", id="https, slash"),
        pytest.param("HTTPS://kms.example", "https://kms.example:1688", id="scheme in upper case"),
        pytest.param("10.0.0.5", "http://10.0.0.5:1688", id="IPv4"),
        pytest.param("10.0.0.5:80", "http://10.0.0.5:80", id="IPv4, port"),
        pytest.param("[2001:DB8:0::1]", "http://[2001:db8::1]:1688", id="IPv6"),
        pytest.param("[::1]:8080", "http://[::1]:8080", id="IPv6, port"),
        pytest.param("kms.exämple:99", "http://kms.xn--exmple-cua:99", id="other letters"),
        pytest.param("  kms.example\n", "http://kms.example:1688", id="spaces around"),
    ],
)
def test_an_address_is_read_in_every_form(typed: str, url: str) -> None:
    """Name, IP address, port and scheme may be given or left out; the port is 1688 by default."""
    address = parse_host(typed)
    assert address.base_url(tls_required=False) == url
    assert url.endswith(address.text)


@pytest.mark.parametrize(
    ("typed", "tls_required", "url"),
    [
        pytest.param("kms.example", False, "http://kms.example:1688", id="no scheme, TLS not demanded"),
        pytest.param("kms.example", True, "https://kms.example:1688", id="no scheme, TLS demanded"),
        pytest.param("http://kms.example", False, "http://kms.example:1688", id="plain, TLS not demanded"),
        pytest.param("https://kms.example", False, "https://kms.example:1688", id="TLS for this host"),
        pytest.param("https://kms.example", True, "https://kms.example:1688", id="TLS for all hosts"),
    ],
)
def test_tls_is_spoken_where_the_host_or_the_machine_demands_it(
    typed: str, url: str, *, tls_required: bool
) -> None:
    """`https://` demands it for one host, the machine's rule for all; a host without a scheme follows the rule."""
    assert parse_host(typed).base_url(tls_required=tls_required) == url


def test_a_plain_host_has_no_address_on_a_machine_that_demands_tls() -> None:
    """There is no URL under which anybody could ask it, and the cure names the one to set."""
    with pytest.raises(Refused) as caught:
        parse_host("http://kms.example:99").base_url(tls_required=True)
    assert caught.value.code is Code.TLS_REQUIRED
    assert "set-host https://kms.example:99" in caught.value.cure


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("a" * 301, "too long", id="too long"),
        pytest.param("kms.example:0", "port 0", id="port 0"),
        pytest.param("kms.example:65536", "65536", id="port too high"),
        pytest.param("kms.example:", "form", id="port missing"),
        pytest.param("kms.example:http", "form", id="port in words"),
        pytest.param("ftp://kms.example", "form", id="another scheme"),
        pytest.param("http://kms.example/path", "form", id="a path"),
        pytest.param("http://user@kms.example", "no host name", id="a user"),
        pytest.param("kms example", "no host name", id="a space inside"),
        pytest.param("-kms.example", "no host name", id="hyphen first"),
        pytest.param("kms..example", "no host name", id="empty label"),
        pytest.param("a" * 64 + ".example", "no host name", id="label too long"),
        pytest.param("10.0.0.256", "no IPv4", id="no IPv4 address"),
        pytest.param("10.0.5", "no IPv4", id="short IPv4 address"),
        pytest.param("2001:db8::1", "brackets", id="IPv6 without brackets"),
        pytest.param("[::1", "form", id="bracket open"),
        pytest.param("[kms.example]", "no IPv6", id="name in brackets"),
        pytest.param("\ud800.example", "no host name", id="half a surrogate"),
    ],
)
def test_what_is_no_address_is_refused_with_the_part_that_is_wrong(typed: str, word: str) -> None:
    """The message names what is wrong, and the forms that are right."""
    with pytest.raises(UsageError) as caught:
        parse_host(typed)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert word in caught.value.detail
    assert "1688" in caught.value.cure


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(typed: str) -> None:
    """No text raises anything but our own error, and an address that was read reads the same again."""
    try:
        address = parse_host(typed)
    except UsageError:
        return
    assert parse_host(address.typed) == address
