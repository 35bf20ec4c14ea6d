"""What a network told: which outcomes are answers, and how a record reads."""

from __future__ import annotations

import pytest

from tenure.core.network import NOT_TRIED, ConnectOutcome, DnsOutcome, SrvRecord

ANSWERS = {DnsOutcome.FOUND, DnsOutcome.NO_RECORDS, DnsOutcome.NO_NAME}


@pytest.mark.parametrize("outcome", DnsOutcome, ids=str)
def test_an_answer_is_what_the_dns_holds_be_it_nothing(outcome: DnsOutcome) -> None:
    """Found, no records and no name are answers; every failure leaves us not knowing."""
    assert outcome.is_answer is (outcome in ANSWERS)


def test_a_record_reads_as_target_and_port() -> None:
    """Priority, weight and time to live are no part of where to connect."""
    record = SrvRecord(priority=10, weight=5, port=1688, target="host.example.com", ttl=3600)
    assert record.text == "host.example.com:1688"


def test_a_connection_that_nobody_tried_says_so() -> None:
    """It is neither open nor failed, and took no time."""
    assert (NOT_TRIED.outcome, NOT_TRIED.milliseconds) == (ConnectOutcome.NOT_TRIED, 0.0)
