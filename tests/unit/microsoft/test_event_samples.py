"""Every file of samples/ is read, or refused for a reason that a person understands.

Their README says what they are and what was looked for and not found.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from tenure.microsoft.event_file_kind import HEAD, Kind, file_kind
from tenure.microsoft.event_reader import Origin, read_file
from tenure.microsoft.events import NotUnderstood, Unrelated
from tenure.microsoft.license_snapshot import LicenseSnapshot

SAMPLES = Path(__file__).parent / "samples"
ORIGIN = Origin(UTC, host="kms.contoso.com", name="sample", taken_at=1_700_000_000)

Expected: TypeAlias = tuple[Kind | str, dict[str, object]]
"""The kind and, of the one snapshot, these members; or a part of the reason for which the file is refused."""

CLIENT: Final = {"is_host": False, "channel": "VOLUME_KMSCLIENT"}
EXPECTED: Final[dict[str, Expected]] = {
    "README.txt": ("no event log", {}),
    "ato-and-dlv-kms-client-server2019-notification.txt": (
        Kind.SLMGR,
        {
            **CLIENT,
            "activation_id": "de32eafd-aaee-4662-9444-c1befb41bde2",
            "partial_key": "J464C",
            "state": 5,
            "reason": 0xC004F00F,
            "error": 0xC004F074,
            "cmid": "",
        },
    ),
    "dli-kms-client-server2008r2-licensed-wrapped-line.txt": (
        Kind.SLMGR,
        {
            **CLIENT,
            "description": "Windows Operating System - Windows Server(R), VOLUME_KMSCLIENT channel",
            "minutes": 251_100,
            "cmid": "a885c11e-4253-4e4b-825d-24c888769334",
            "kms_host": "bisv229.corp.giag.net:1688",
        },
    ),
    "dli-kms-client-server2012r2-licensed.txt": (
        Kind.SLMGR,
        {**CLIENT, "state": 1, "minutes": 253_564, "cmid": "f9d4e20a-cb8f-4050-9c0c-56420455ada1"},
    ),
    "dli-kms-client-win7-licensed.txt": (
        Kind.SLMGR,
        {**CLIENT, "product": "Windows(R) 7, Enterprise edition", "minutes": 243_720, "partial_key": "DVQ7P"},
    ),
    "dli-kms-host-server2003-and-nslookup.txt": (
        Kind.SLMGR,
        {"is_host": True, "count": 0, "port": 1688, "dns_publishing": True, "counters": None},
    ),
    "dli-kms-host-server2008r2-count2.txt": (
        Kind.SLMGR,
        {"is_host": True, "channel": "VOLUME_KMS_C", "count": 2, "port": 1688},
    ),
    "dli-win10-oem-licensed.txt": (Kind.SLMGR, {"channel": "OEM_DM", "state": 1, "minutes": None}),
    "dli-win7-eval-initial-grace.txt": (
        Kind.SLMGR,
        {"channel": "TIMEBASED_EVAL", "state": 2, "minutes": 12_960},
    ),
    "dlv-kms-client-win7-notification-nongenuine.txt": (
        Kind.SLMGR,
        {**CLIENT, "state": 5, "reason": 0xC004F200, "activation_id": "ae2ee509-1b34-41c0-acb7-6d4650168915"},
    ),
    "dlv-kms-host-office2016.txt": (
        Kind.SLMGR,
        {"is_host": True, "count": 0, "activation_id": "98ebfe73-2084-4c97-932c-c0cd1643bea7"},
    ),
    "event-12288-and-12289-office2010-success.txt": ("messages of events without source", {}),
    "event-12288-and-12290-timestamp-invalid.txt": (Kind.EVENT_TEXT, {}),
    "event-12293-dns-publish-failed.txt": (Kind.EVENT_TEXT, {}),
    "event-12308-adba-and-dlv-kms-host-2012r2-zero-count.txt": (
        Kind.SLMGR,
        {"is_host": True, "channel": "VOLUME_KMS_2012-R2_WIN10", "count": 0, "state": 1},
    ),
    "event-12311-json.txt": (Kind.JSON, {}),
    "events-900-8200-8208-no-internet.txt": (Kind.EVENT_TEXT, {}),
    "nslookup-srv-layout-real-kerberos.txt": ("tenure microsoft check", {}),
    "nslookup-vlmcs-microsoft.txt": ("tenure microsoft check", {}),
    "spp-events-12304-12305-12306.xml": (Kind.EVENT_XML, {}),
    "test-netconnection-1688-blocked.txt": ("tenure microsoft check", {}),
    "xpr-kms-client-win7.txt": ("slmgr /xpr", {}),
}
LEFT: Final[dict[str, dict[str, int]]] = {
    # What is in a file beside snapshots: events about other things by id, and reasons.
    "event-12288-and-12290-timestamp-invalid.txt": {
        "event 12288 without a time that can be read": 1,
        "event 12290 without a time that can be read": 1,
    },
    "event-12293-dns-publish-failed.txt": {"event 12293 without a time that can be read": 1},
    "event-12308-adba-and-dlv-kms-host-2012r2-zero-count.txt": {
        "an event within slmgr's text, without source and time": 1
    },
    "event-12311-json.txt": {"JSON that is neither an event nor a license's object": 1},
    "events-900-8200-8208-no-internet.txt": {"900": 1, "8200": 1, "8208": 1},
    "spp-events-12304-12305-12306.xml": {"12304": 1, "12305": 1, "12306": 1},
}


def test_the_table_has_every_file() -> None:
    """A sample that is added is expected to be something."""
    assert {path.name for path in SAMPLES.iterdir()} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_read_or_refused(name: str) -> None:
    """As the table says, to the last record."""
    data = (SAMPLES / name).read_bytes()
    expected, members = EXPECTED[name]
    kind = file_kind(data[:HEAD])
    if isinstance(kind, NotUnderstood):
        assert str(expected) in kind.reason
        assert name not in LEFT
        return
    assert kind is expected
    found = list(read_file(kind, [data], ORIGIN))
    snapshots = [one for one in found if isinstance(one, LicenseSnapshot)]
    assert len(snapshots) == bool(members)
    for snapshot in snapshots:
        assert {member: getattr(snapshot, member) for member in members} == members
        assert (snapshot.name, snapshot.taken_at) == ("sample", 1_700_000_000)
    left = Counter(
        one.reason if isinstance(one, NotUnderstood) else str(one.event_id)
        for one in found
        if isinstance(one, (NotUnderstood, Unrelated))
    )
    assert left == LEFT.get(name, {})


def test_a_host_s_counters_are_read() -> None:
    """Every counter of /dli, in slmgr's order."""
    data = (SAMPLES / "dli-kms-host-server2008r2-count2.txt").read_bytes()
    (host,) = read_file(Kind.SLMGR, [data], ORIGIN)
    assert isinstance(host, LicenseSnapshot)
    assert host.counters is not None
    assert host.counters.total == 826
    assert host.counters.failed == 0
    assert host.counters.by_state == (0, 826, 0, 0, 0, 0)
