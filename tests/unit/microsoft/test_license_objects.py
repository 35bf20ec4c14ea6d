"""License objects as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.microsoft.events import NotUnderstood
from tenure.microsoft.license_objects import read_license_object
from tenure.microsoft.license_snapshot import LicenseSnapshot, RequestCounters

PRODUCT: dict[str, Any] = {
    "Name": "Windows(R), ServerStandard edition",
    "Description": "Windows(R) Operating System, VOLUME_KMSCLIENT channel",
    "ID": "de32eafd-aaee-4662-9444-c1befb41bde2",
    "PartialProductKey": "J464C",
    "LicenseStatus": 1,
    "LicenseStatusReason": 1_074_066_433,
    "GracePeriodRemaining": 258_092,
    "DiscoveredKeyManagementServiceMachineName": "KMS1.contoso.com",
    "PSComputerName": "SRV9",
    "IsKeyManagementServiceMachine": 0,
    "KeyManagementServiceCurrentCount": 4_294_967_295,
}
HOST: dict[str, Any] = {
    "IsKeyManagementServiceMachine": 1,
    "KeyManagementServiceListeningPort": 1688,
    "KeyManagementServiceDnsPublishing": True,
    "KeyManagementServiceCurrentCount": 27,
    "KeyManagementServiceTotalRequests": 826,
    "KeyManagementServiceFailedRequests": 3,
    "KeyManagementServiceLicensedRequests": 800,
    "KeyManagementServiceNotificationRequests": 23,
}


def read(**change: Any) -> LicenseSnapshot | NotUnderstood:
    """A product's object, changed."""
    return read_license_object(json.dumps(PRODUCT | change).encode(), name="file", taken_at=5)


def test_wmi_s_product_is_read() -> None:
    """A count of 4,294,967,295 is WMI's -1: no host."""
    found = read()
    assert isinstance(found, LicenseSnapshot)
    assert (found.name, found.taken_at) == ("SRV9", 5)
    assert found.is_kms_client
    assert (found.activation_id, found.partial_key, found.state, found.minutes) == (
        "de32eafd-aaee-4662-9444-c1befb41bde2",
        "J464C",
        1,
        258_092,
    )
    assert found.kms_host == "kms1.contoso.com"
    assert not found.is_host
    assert found.count is None


def test_oslicense_s_host_is_read() -> None:
    """Get-KmsLicenseInfo has the host's numbers, and no product."""
    found = read_license_object(json.dumps(HOST).encode(), name="kms1", taken_at=5)
    assert isinstance(found, LicenseSnapshot)
    assert (found.name, found.is_host, found.count, found.port, found.dns_publishing) == (
        "kms1",
        True,
        27,
        1688,
        True,
    )
    assert found.counters == RequestCounters(826, 3, (0, 800, 0, 0, 0, 23))


@pytest.mark.parametrize(
    ("status", "state"),
    [(0, 0), (6, 6), ("1", 1), ("Licensed", 1), ("OOBGrace", 2), ("NonGenuineGrace", 4), ("Notification", 5)],
)
def test_a_state_is_a_number_or_a_name(status: object, state: int) -> None:
    """PowerShell writes either."""
    found = read(LicenseStatus=status)
    assert isinstance(found, LicenseSnapshot)
    assert found.state == state


@pytest.mark.parametrize("status", [7, -1, True, "Blissful", [], None, 1.5, "²"])
def test_other_states_are_none(status: object) -> None:
    """An object without a state that is known tells nothing."""
    assert isinstance(read(LicenseStatus=status), NotUnderstood)


def test_a_product_without_a_key_is_not_in_use() -> None:
    """WMI lists hundreds of them."""
    found = read(PartialProductKey=None)
    assert isinstance(found, NotUnderstood)
    assert "not in use" in found.reason


@pytest.mark.parametrize(
    ("change", "member", "expected"),
    [
        ({"PSComputerName": "two words"}, "name", "file"),
        ({"GracePeriodRemaining": -5}, "minutes", None),
        ({"GracePeriodRemaining": "258092"}, "minutes", 258_092),
        ({"ID": "no guid"}, "activation_id", ""),
        ({"ActivationID": "{DE32EAFD-AAEE-4662-9444-C1BEFB41BDE2}"}, "activation_id", PRODUCT["ID"]),
        ({"Name": "a\x00b"}, "product", "a b"),
        ({"Name": ["x"]}, "product", ""),
        ({"PartialProductKey": "J464C-EXTRA"}, "partial_key", ""),
        (
            {"ClientMachineID": "F9D4E20A-CB8F-4050-9C0C-56420455ADA1"},
            "cmid",
            "f9d4e20a-cb8f-4050-9c0c-56420455ada1",
        ),
    ],
)
def test_members_are_taken_when_they_fit(change: dict[str, object], member: str, expected: object) -> None:
    """Others count as not told."""
    found = read(**change)
    assert isinstance(found, LicenseSnapshot)
    assert getattr(found, member) == expected


@given(
    st.dictionaries(
        st.sampled_from([*PRODUCT, *HOST]), st.none() | st.booleans() | st.integers() | st.text(max_size=20)
    )
)
def test_nothing_raises(value: dict[str, object]) -> None:
    """Any object is something."""
    read_license_object(json.dumps(value).encode(), name="x", taken_at=0)
    read_license_object(b"[", name="x", taken_at=0)
