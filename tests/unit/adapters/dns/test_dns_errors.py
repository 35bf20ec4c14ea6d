"""Answers that a use case cannot go on with."""

from __future__ import annotations

import pytest

from tenure.adapters.dns.errors import dns_error, no_suffix
from tenure.core.errors import Code
from tenure.core.network import AddressAnswer, DnsOutcome, SrvAnswer


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        pytest.param(DnsOutcome.NO_RECORDS, Code.DNS_NO_RECORD, id="NODATA"),
        pytest.param(DnsOutcome.NO_NAME, Code.DNS_NO_RECORD, id="NXDOMAIN"),
        pytest.param(DnsOutcome.SERVER_FAILED, Code.DNS_UNAVAILABLE, id="SERVFAIL"),
        pytest.param(DnsOutcome.REFUSED, Code.DNS_UNAVAILABLE, id="REFUSED"),
        pytest.param(DnsOutcome.NO_ANSWER, Code.DNS_UNAVAILABLE, id="silence"),
        pytest.param(DnsOutcome.MALFORMED, Code.DNS_UNAVAILABLE, id="nonsense"),
    ],
)
def test_every_failure_has_its_own_error(outcome: DnsOutcome, code: Code) -> None:
    """What was asked, why there is nothing, and what to do."""
    for answer in (SrvAnswer("_x._tcp.corp.test", outcome), AddressAnswer("_x._tcp.corp.test", outcome)):
        error = dns_error(answer)
        assert error is not None
        assert error.code is code
        assert "_x._tcp.corp.test" in error.detail
        assert error.cure


def test_the_answers_own_reason_is_told() -> None:
    """The adapter knows more than the outcome."""
    error = dns_error(SrvAnswer("x", DnsOutcome.NO_ANSWER, detail="Network is unreachable"))
    assert error is not None
    assert error.detail == "The DNS gave nothing for x: Network is unreachable."


def test_a_record_is_no_error() -> None:
    """There is nothing to complain of."""
    assert dns_error(SrvAnswer("x", DnsOutcome.FOUND)) is None


def test_a_machine_without_a_suffix_is_told_what_to_set() -> None:
    """Nothing was asked, for there was no name to ask for."""
    assert no_suffix().code is Code.DNS_NO_SUFFIX
    assert "search" in no_suffix().cure
