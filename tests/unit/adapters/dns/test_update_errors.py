"""What refusals of updates mean: whose fault, and what to do."""

from __future__ import annotations

import dns.rcode
import dns.tsig
import pytest

from tenure.adapters.dns import update_errors
from tenure.adapters.dns.server import DnsServer
from tenure.core.errors import Code, Refused, TenureError, Unavailable

SERVER = DnsServer("10.0.0.2", 53)


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        pytest.param(dns.rcode.REFUSED, Refused, "update-policy", id="REFUSED"),
        pytest.param(dns.rcode.NOTAUTH, Refused, "primary", id="NOTAUTH"),
        pytest.param(dns.rcode.NOTZONE, Refused, "outside of the zone", id="NOTZONE"),
        pytest.param(dns.rcode.FORMERR, Refused, "does not understand", id="FORMERR"),
        pytest.param(dns.rcode.NOTIMP, Refused, "knows no updates", id="NOTIMP"),
        pytest.param(dns.rcode.NXRRSET, Refused, "Run it again", id="NXRRSET"),
        pytest.param(dns.rcode.YXDOMAIN, Refused, "Run it again", id="YXDOMAIN"),
        pytest.param(dns.rcode.SERVFAIL, Unavailable, "frozen", id="SERVFAIL"),
        pytest.param(dns.rcode.Rcode(3841), Unavailable, "Look at its log", id="a code of tomorrow"),
    ],
)
def test_every_code_of_an_update_has_cause_and_cure(
    code: dns.rcode.Rcode, kind: type[TenureError], told: str
) -> None:
    """A refusal is the zone's rule, anything else the server's trouble."""
    error = update_errors.refused_update("corp.test", code, SERVER, "tenure-h")
    assert type(error) is kind
    assert error.code is Code.DNS_UPDATE_FAILED
    assert told in str(error)
    assert dns.rcode.to_text(code) in error.detail
    assert "10.0.0.2:53" in error.detail
    assert error.cure


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (dns.tsig.PeerBadKey, "does not know a key of this name"),
        (dns.tsig.PeerBadSignature, "another secret"),
        (dns.tsig.PeerBadTime, "NTP"),
        (dns.tsig.BadTime, "NTP"),
        (dns.tsig.PeerBadTruncation, "tsig-keygen"),
    ],
    ids=["BADKEY", "BADSIG", "BADTIME", "BADTIME of the answer", "BADTRUNC"],
)
def test_every_rejection_of_a_key_has_cause_and_cure(kind: type[Exception], told: str) -> None:
    """And names the key, not its secret."""
    rejected = update_errors.rejected_key(kind(), SERVER, "tenure-h")
    assert rejected.code is Code.DNS_KEY_REJECTED
    assert "'tenure-h'" in rejected.detail
    assert told in str(rejected)
    assert rejected.cure


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (dns.rcode.REFUSED, Refused),
        (dns.rcode.NOTAUTH, Refused),
        (dns.rcode.SERVFAIL, Unavailable),
        (dns.rcode.FORMERR, Unavailable),
    ],
    ids=["REFUSED", "NOTAUTH", "SERVFAIL", "FORMERR"],
)
def test_a_server_that_does_not_answer_for_a_zone(code: dns.rcode.Rcode, kind: type[TenureError]) -> None:
    """What was asked is told, and where to look."""
    error = update_errors.refused_query("corp.test", code, SERVER)
    assert type(error) is kind
    assert "corp.test" in error.detail
    assert "--server" in error.cure
