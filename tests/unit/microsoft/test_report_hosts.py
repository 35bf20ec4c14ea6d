"""What hosts and clients say of themselves."""

from __future__ import annotations

import pytest

from tenure.microsoft.events import (
    ClientAnswer,
    ClientRequest,
    DirectoryActivation,
    DnsPublication,
    HostTrouble,
    KmsRequest,
)
from tenure.microsoft.fleet import gather
from tenure.microsoft.license_snapshot import LicenseSnapshot
from tenure.microsoft.report_codes import CODES, flags, hresult, meaning
from tenure.microsoft.report_hosts import (
    ANSWER_WITHIN_S,
    clients,
    directory,
    dns_states,
    newest_snapshots,
    refusals,
    troubles,
)

AT = 1_767_225_600
CMID = "36f27b39-2fd5-440b-be67-a09996d27a38"
SKU = "2de67392-b7a7-462a-b1ca-108dd189f588"


def sent(ago: int, code: int = 0, computer: str = "pc1") -> ClientRequest:
    """A machine's request."""
    return ClientRequest(computer, AT - ago, CMID, "kms1:1688", SKU, code, 0, 2, 5, 25)


def checked(
    ago: int, code: int = 0, *, activated: bool = True, count: int = 26, flag: int = 0
) -> ClientAnswer:
    """A machine's check of an answer."""
    return ClientAnswer("pc1", AT - ago, code, flag, activated, count, 120, 10080)


@pytest.mark.parametrize(
    ("happenings", "code", "answered", "activated"),
    [
        ([sent(10), checked(9)], "0x00000000", True, True),
        ([sent(10)], "0x00000000", False, None),
        ([sent(10, 0xC004F074)], "0xC004F074", False, None),
        ([sent(10), checked(9, 0xC004F038, activated=False, count=3)], "0xC004F038", True, False),
        ([sent(99), checked(98), sent(10)], "0x00000000", False, None),
        ([sent(ANSWER_WITHIN_S + 9), checked(9)], "0x00000000", True, True),
        ([sent(ANSWER_WITHIN_S + 10), checked(9)], "0x00000000", False, None),
        ([sent(10), checked(11)], "0x00000000", False, None),
    ],
)
def test_the_last_attempt_of_a_machine(
    *, happenings: list[ClientRequest | ClientAnswer], code: str, answered: bool, activated: bool | None
) -> None:
    """With the answer that belongs to it; without one the host was not reached, and the cure says so."""
    (found,) = clients(happenings, AT)
    assert (found.code, found.answered, found.activated) == (code, answered, activated)
    assert bool(found.cure) is (activated is not True)


def test_status_flags_are_told() -> None:
    """Of request and answer together."""
    (found,) = clients([sent(10), checked(9, activated=False, flag=0x04000008)], AT)
    assert len(found.notes) == 2
    assert flags(0) == []


def test_attempts_after_the_report_s_time_are_left_out() -> None:
    """As everywhere."""
    assert clients([sent(-1)], AT) == []
    assert dns_states([DnsPublication("kms1", AT + 1, "a.com", 0)], AT) == []
    assert troubles([HostTrouble("kms1", AT + 1, 12291, 1)], AT) == []
    assert directory([DirectoryActivation("pc1", AT + 1, SKU, "x")], AT).machines == 0


def test_the_last_publication_counts() -> None:
    """A failure that was repaired is none."""
    found = dns_states(
        [
            DnsPublication("kms1", AT - 5, "a.com", 0x80072338),
            DnsPublication("kms1", AT - 4, "a.com", 0),
            DnsPublication("kms1", AT - 9, "b.com", 0),
            DnsPublication("kms1", AT - 8, "b.com", 0x80072338),
        ],
        AT,
    )
    assert [(one.domain, one.published) for one in found] == [("b.com", False), ("a.com", True)]
    assert "rights" in found[0].cure


def test_troubles_come_newest_first() -> None:
    """With their code."""
    found = troubles([HostTrouble("kms1", 1, 12291, 1), HostTrouble("kms2", 2, 12292, 0xC004F00F)], AT)
    assert [(one.host, one.code) for one in found] == [("kms2", "0xC004F00F"), ("kms1", "0x00000001")]


def test_activations_by_the_directory_count_machines() -> None:
    """Each once."""
    seen = [DirectoryActivation(name, at, SKU, "x") for name, at in (("a", 1), ("a", 2), ("b", 1))]
    assert (directory(seen, AT).machines, directory(seen, AT).last_seen) == (2, 2)


def test_refusals_have_cause_and_cure() -> None:
    """Of hosts and of clients, each code once a side, the most frequent first."""
    requests = [
        KmsRequest("kms1", AT - n, CMID, "pc1", SKU, 0xC004F06C, 25, -1, False, 1, 1) for n in range(3)
    ]
    found = refusals(
        gather(requests, AT), [sent(1, 0xC004F06C), sent(2, 0x12345678), sent(3, 0), sent(-1, 1)]
    )
    assert [(one.code, one.seen_by, one.requests, one.machines) for one in found] == [
        ("0xC004F06C", "host", 3, 1),
        ("0x12345678", "client", 1, 1),
        ("0xC004F06C", "client", 1, 1),
    ]
    assert "4 hours" in found[0].cause
    assert found[1].cure


def test_every_code_has_cause_and_cure() -> None:
    """In whole sentences, and a code that is not in the table says so."""
    for code, told in CODES.items():
        assert told.cause, hresult(code)
        assert told.cure.endswith("."), hresult(code)
    assert "not in this table" in meaning(1).cause
    assert hresult(0) == "0x00000000"


def test_the_newest_snapshot_of_each_machine_and_product() -> None:
    """Hosts first; what was taken after the report's time is left out."""
    found = newest_snapshots(
        [
            LicenseSnapshot(name="PC1", taken_at=5, product="Windows", state=2),
            LicenseSnapshot(name="pc1", taken_at=6, product="Windows", state=5, reason=0xC004F00F),
            LicenseSnapshot(name="pc1", taken_at=AT + 1, product="Windows", state=1),
            LicenseSnapshot(name="pc1", taken_at=1, product="Office"),
            LicenseSnapshot(name="zz", taken_at=1, is_host=True, count=12),
        ],
        AT,
    )
    assert [(one.name, one.product, one.license_status) for one in found] == [
        ("zz", "", None),
        ("pc1", "Office", None),
        ("pc1", "Windows", "notification"),
    ]
    assert found[2].cause
    assert found[2].cure
