"""Answers that a use case cannot go on with."""

from __future__ import annotations

import pytest

from tenure.core.dns_errors import dns_error
from tenure.core.errors import Code
from tenure.core.network import AddressAnswer, DnsOutcome, SrvAnswer


@pytest.mark.parametrize(
    ("outcome", "code", "hresult"),
    [
        pytest.param(DnsOutcome.NO_RECORDS, Code.DNS_NO_RECORD, "0x8007251D", id="NODATA"),
        pytest.param(DnsOutcome.NO_NAME, Code.DNS_NO_RECORD, "0x8007232B", id="NXDOMAIN"),
        pytest.param(DnsOutcome.SERVER_FAILED, Code.DNS_UNAVAILABLE, "0x8007232A", id="SERVFAIL"),
        pytest.param(DnsOutcome.REFUSED, Code.DNS_UNAVAILABLE, "0x8007232D", id="REFUSED"),
        pytest.param(DnsOutcome.NO_ANSWER, Code.DNS_UNAVAILABLE, "0x8007232A", id="silence"),
        pytest.param(DnsOutcome.MALFORMED, Code.DNS_UNAVAILABLE, "0x8007251E", id="nonsense"),
    ],
)
def test_every_failure_has_its_own_error(outcome: DnsOutcome, code: Code, hresult: str) -> None:
    """What was asked, why there is nothing, what to do, and the number that Windows shows."""
    for answer in (SrvAnswer("_x._tcp.corp.test", outcome), AddressAnswer("_x._tcp.corp.test", outcome)):
        error = dns_error(answer)
        assert error is not None
        assert (error.code, error.hresult) == (code, hresult)
        assert "_x._tcp.corp.test" in error.detail
        assert error.cure


def test_the_answers_own_reason_is_told() -> None:
    """The adapter knows more than the outcome."""
    error = dns_error(SrvAnswer("x", DnsOutcome.NO_ANSWER, detail="Network is unreachable"))
    assert error is not None
    assert error.detail == "The DNS gave nothing for x: Network is unreachable."


def test_who_asks_says_what_to_do_about_nothing() -> None:
    """The cure of a DNS that answered is the asker's; that of one which did not is the DNS's own."""
    for outcome, cure in ((DnsOutcome.NO_NAME, "Do this."), (DnsOutcome.REFUSED, "Ask a server")):
        error = dns_error(SrvAnswer("x", outcome), publish="Do this.")
        assert error is not None
        assert error.cure.startswith(cure)


def test_a_record_is_no_error() -> None:
    """There is nothing to complain of."""
    assert dns_error(SrvAnswer("x", DnsOutcome.FOUND)) is None
