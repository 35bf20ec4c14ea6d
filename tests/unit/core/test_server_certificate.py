from __future__ import annotations

import pytest

from tenure.core.policy import DAY
from tenure.core.server_certificate import ServerCertificate

BEGIN = 1_800_000_000
END = BEGIN + 90 * DAY


def warnings(now: int, *names: str, machine: str = "kms.example") -> str:
    """All of them in one text."""
    certificate = ServerCertificate(names=names, not_before=BEGIN, not_after=END)
    return " ".join(certificate.warnings(now, machine))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        pytest.param(BEGIN - 1, "not valid yet", id="a second early"),
        pytest.param(BEGIN, "", id="its first second"),
        pytest.param(END - 30 * DAY, "", id="30 days left"),
        pytest.param(END - 30 * DAY + 1, "ends in 29 days", id="a second less"),
        pytest.param(END, "ends in 0 days", id="its last second"),
        pytest.param(END + 1, "has expired", id="a second late"),
    ],
)
def test_its_dates_are_told_in_time(now: int, words: str) -> None:
    """Before it begins, in its last 30 days, and after it has ended."""
    told = warnings(now, "kms.example")
    assert told == words == "" or words in told


@pytest.mark.parametrize(
    ("names", "machine"),
    [
        pytest.param(["kms.example"], "KMS.example", id="the machine's name"),
        pytest.param(["www.example", "kms.example"], "kms.example", id="one of several"),
        pytest.param(["kms.corp.example"], "kms", id="a machine that knows only its first label"),
        pytest.param(["*.corp.example"], "kms.corp.example", id="wildcard"),
        pytest.param(["*.corp.example"], "kms", id="wildcard, first label only"),
        pytest.param(["192.0.2.1"], "kms.example", id="IPv4 address, which may be the machine's"),
        pytest.param(["2001:db8::1"], "kms.example", id="IPv6 address, the same"),
    ],
)
def test_a_name_that_may_be_the_machines_is_no_cause_to_warn(names: list[str], machine: str) -> None:
    """Exactly, by a wildcard, or as far as can be told."""
    assert warnings(BEGIN, *names, machine=machine) == ""


@pytest.mark.parametrize(
    ("names", "machine", "words"),
    [
        pytest.param(["www.example"], "kms.example", "calls itself kms.example", id="another name"),
        pytest.param(["kms.example"], "other", "calls itself other", id="another first label"),
        pytest.param(["*.example"], "kms.corp.example", "calls itself", id="a wildcard is one label"),
        pytest.param([], "kms.example", "names no server", id="no name at all"),
    ],
)
def test_a_certificate_for_somebody_else_is_told(names: list[str], machine: str, words: str) -> None:
    """Clients compare the name that they were told with those in the certificate."""
    assert words in warnings(BEGIN, *names, machine=machine)
