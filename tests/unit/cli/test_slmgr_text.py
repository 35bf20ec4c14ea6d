from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from simulators.publisher import NOW
from simulators.world import MAK, World
from tenure.cli.slmgr_text import error_lines, expiration, license_information
from tenure.client.host_address import parse_host
from tenure.client.status import HostSource
from tenure.core.errors import Code, LocalFault, Refused, TenureError, Unavailable, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY
from tenure.core.product_key import KeyType, make
from tenure.host.licenses import HostLicense, HostLicenses
from tenure.host.settings import HostSettings
from tenure.host.store import RequestTotals
from tenure.programs.slmgr_licenses import Licenses, MachineLicense

if TYPE_CHECKING:
    from tenure.client.status import ProductStatus
    from tenure.core.product_key import ProductKey

PUBLISHER_ID = UUID("11111111-1111-4111-8111-111111111111")
WINDOWS_APPLICATION = "55c92734-d682-4d71-983e-d6ec3f16059f"
EXTENDED_PID = re.compile(r"\b\d{5}-\d{5}-\d{3}-\d{6}-\d{2}-")

HOST_LICENSE = HostLicense(
    publisher_id=PUBLISHER_ID,
    publisher="Example Software",
    pool="workstations",
    partial_key="QWERT",
    license_status=LicenseStatus.LICENSED,
    certificate_expires=NOW + 700 * DAY,
    count=27,
    threshold=25,
)
HOST = HostLicenses(
    host_id=UUID(int=5),
    org="Example Customer",
    trial=False,
    licenses=(HOST_LICENSE,),
    settings=HostSettings(),
    requests=RequestTotals(granted=800, waiting=24, refused=2),
    by_status={
        LicenseStatus.LICENSED: 700,
        LicenseStatus.NOTIFICATION: 120,
        LicenseStatus.REDUCED_FUNCTIONALITY: 4,
    },
)


def status_at(day: float, **changes: Any) -> ProductStatus:
    """The status of a machine that was activated on day 0, on a later day."""
    world = World()
    world.install(["kms.example"])
    world.activation.activate(world.product_id)
    world.now += round(day * DAY)
    return replace(world.status, **changes)


def machine(status: ProductStatus, **changes: Any) -> MachineLicense:
    """A machine with the product."""
    usual: dict[str, Any] = {
        "status": status,
        "publisher_id": PUBLISHER_ID,
        "publisher": "Example Software",
        "lookup_domain": "",
        "host_caching": True,
        "activation_interval_s": 7_200,
        "renewal_interval_s": 604_800,
    }
    return MachineLicense(**{**usual, **changes})


def told(*products: MachineLicense, host: HostLicenses | None = None, **changes: Any) -> Licenses:
    """What is to be printed."""
    usual: dict[str, Any] = {"everything": False, "left_out": 0, "listening": "http://0.0.0.0:1688"}
    return Licenses(now=NOW, products=products, host=host, **{**usual, **changes})


def test_a_licensed_client_prints_the_labels_of_microsofts_clients_in_their_order() -> None:
    """Line by line as in the samples of 2012 R2, but for the extended PID; then what Tenure adds."""
    status = status_at(3.5)
    assert license_information(told(machine(status)), detailed=False) == [
        "Name: Draft Studio",
        "Description: Example Software, VOLUME_KMSCLIENT channel",
        f"Partial Product Key: {status.partial_key}",
        "License Status: Licensed",
        "Volume activation expiration: 254160 minute(s) (177 day(s))",
        "Configured Activation Type: KMS",
        "",
        "Most recent activation information:",
        "Key Management Service client information",
        f"    Client Machine ID (CMID): {status.machine_id}",
        "    Registered KMS machine name: kms.example:1688",
        "    KMS machine IP address: not available",
        "    Activation interval: 120 minutes",
        "    Renewal interval: 10080 minutes",
        "    KMS host caching is enabled",
        "",
        f"Product ID: {status.product_id}",
        f"Activation ID (lease): {status.lease_id}",
        "Last activation date: 2027-01-15T08:00:00Z",
    ]


def status_with(key: ProductKey, *, activated: bool = True) -> ProductStatus:
    """The status of a machine with a MAK or a retail key."""
    world = World()
    world.install_key_of(key.text)
    if activated:
        world.grants.activate(world.product_id)
    return world.status


def test_a_machine_with_a_mak_prints_what_microsofts_print() -> None:
    """The channel, no expiration, nothing of any host; then what Tenure adds."""
    status = status_with(MAK)
    assert license_information(told(machine(status)), detailed=False) == [
        "Name: Draft Studio",
        "Description: Example Software, VOLUME_MAK channel",
        f"Partial Product Key: {MAK.partial}",
        "License Status: Licensed",
        "",
        f"Product ID: {status.product_id}",
        f"Activation ID (grant): {status.activation_id}",
        "Last activation date: 2027-01-15T08:00:00Z",
    ]
    assert expiration(told(machine(status))) == [
        "Draft Studio:",
        "    The machine is permanently activated.",
    ]


@pytest.mark.parametrize(
    ("key", "channel", "key_channel"),
    [
        pytest.param(MAK, "VOLUME_MAK channel", "Volume:MAK", id="mak"),
        pytest.param(make(KeyType.RETAIL, 0, 5), "RETAIL channel", "Retail", id="retail"),
    ],
)
def test_the_channel_is_the_installed_keys(key: ProductKey, channel: str, key_channel: str) -> None:
    """Before the first activation, too; and what to do then names no host."""
    lines = license_information(told(machine(status_with(key, activated=False))), detailed=True)
    assert f"Description: Example Software, {channel}" in lines
    assert f"Product Key Channel: {key_channel}" in lines
    assert "Notification Reason: 0xC004F056." in lines
    assert "Please use tenure slmgr /ato to activate this product with its publisher." in lines
    assert not [line for line in lines if "KMS" in line or "Activation host" in line]


def test_a_grant_of_another_installation_is_told() -> None:
    """0xC004F00F; when functionality is reduced only where it is known."""
    world = World()
    world.install_key_of(MAK.text)
    world.grants.activate(world.product_id)
    world.fingerprint = "fingerprint-of-the-copy"
    lines = license_information(told(machine(world.status)), detailed=False)
    assert "Notification Reason: 0xC004F00F." in lines
    assert not [line for line in lines if line.startswith("Reduced functionality")]
    assert expiration(told(machine(world.status))) == [
        "Draft Studio:",
        "    Draft Studio is in Notification mode",
    ]


def test_details_are_added_where_microsoft_has_them() -> None:
    """Version first; ids before the key, rearm count and time after the status."""
    lines = license_information(told(machine(status_at(0))), detailed=True)
    labels = [line.partition(":")[0] for line in lines]
    assert lines[0].startswith("Software licensing service version: ")
    for before, label, after in (
        ("Description", "Activation ID", "Application ID"),
        ("Application ID", "Product Key Channel", "Partial Product Key"),
        ("Volume activation expiration", "Remaining SKU rearm count", "Trusted time"),
    ):
        assert labels.index(before) + 1 == labels.index(label) == labels.index(after) - 1
    assert f"Application ID: {PUBLISHER_ID}" in lines


@pytest.mark.parametrize(
    ("minutes", "days"),
    [(258_092, 180), (253_564, 177), (1, 1), (1_440, 1), (1_441, 2), (0, 0)],
    ids=str,
)
def test_days_are_minutes_rounded_up(minutes: int, days: int) -> None:
    """As slmgr.vbs counts (kms-facts, section 4)."""
    lines = license_information(told(machine(status_at(0, minutes_remaining=minutes))), detailed=False)
    assert f"Volume activation expiration: {minutes} minute(s) ({days} day(s))" in lines


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        pytest.param(LicenseStatus.UNLICENSED, "no_key", ["License Status: Unlicensed"], id="unlicensed"),
        pytest.param(
            LicenseStatus.INITIAL_GRACE,
            "not_activated",
            ["License Status: Initial grace period", "Time remaining: 12960 minute(s) (9 day(s))"],
            id="grace",
        ),
        pytest.param(
            LicenseStatus.NOTIFICATION,
            "not_activated",
            ["License Status: Notification", "Notification Reason: 0xC004F056."],
            id="never-activated",
        ),
        pytest.param(
            LicenseStatus.NOTIFICATION,
            "lease_expired",
            ["License Status: Notification", "Notification Reason: 0xC004F009 (grace time expired)."],
            id="lease-ended",
        ),
        pytest.param(
            LicenseStatus.NOTIFICATION,
            "machine_changed",
            ["License Status: Notification", "Notification Reason: 0xC004F00F."],
            id="another-machine",
        ),
        pytest.param(
            LicenseStatus.NOTIFICATION,
            "signature_invalid",
            ["License Status: Notification", "Notification Reason: 0xC004F056."],
            id="a-lease-worth-nothing",
        ),
        pytest.param(
            LicenseStatus.REDUCED_FUNCTIONALITY,
            "lease_expired",
            [
                "License Status: Reduced functionality",
                "Notification Reason: 0xC004F009 (grace time expired).",
            ],
            id="reduced",
        ),
    ],
)
def test_every_other_status_has_its_label_and_no_kms_block(
    status: LicenseStatus, reason: str, expected: list[str]
) -> None:
    """And the line that says what to do, as on an unlicensed client of Microsoft's."""
    one = machine(status_at(0, license_status=status, reason=reason, minutes_remaining=12_960))
    lines = license_information(told(one), detailed=False)
    at = lines.index(expected[0])
    assert lines[at : at + len(expected)] == expected
    assert lines[at + len(expected)] == "Configured Activation Type: KMS"
    assert lines[at + len(expected) + 1].startswith("Please use tenure slmgr /ato to activate and update")
    assert not any("Key Management Service" in line for line in lines)
    assert any(line.startswith("Machine ID: ") for line in lines)


def test_a_product_without_a_key_is_not_in_use() -> None:
    """Microsoft's own words."""
    world = World()
    world.install()
    one = machine(replace(world.status, partial_key=None, license_status=LicenseStatus.UNLICENSED))
    assert "This license is not in use." in license_information(told(one), detailed=False)


@pytest.mark.parametrize(
    ("host", "source", "domain", "expected"),
    [
        pytest.param(
            parse_host("10.5.213.229:1700"),
            HostSource.SET,
            "",
            ["Registered KMS machine name: 10.5.213.229:1700", "KMS machine IP address: 10.5.213.229"],
            id="an-address",
        ),
        pytest.param(
            parse_host("[2001:db8::1]:1688"),
            HostSource.SET,
            "",
            ["Registered KMS machine name: [2001:db8::1]:1688", "KMS machine IP address: 2001:db8::1"],
            id="ipv6",
        ),
        pytest.param(
            parse_host("kms1.corp.example"),
            HostSource.DNS,
            "corp.example",
            [
                "Registered KMS SRV record lookup domain: corp.example",
                "KMS machine name from DNS: kms1.corp.example:1688",
            ],
            id="found",
        ),
        pytest.param(
            parse_host("kms.example"),
            None,
            "corp.example",
            [
                "Registered KMS SRV record lookup domain: corp.example",
                "DNS auto-discovery: KMS name not available",
            ],
            id="set-once-and-cleared",
        ),
        pytest.param(None, None, "", ["DNS auto-discovery: KMS name not available"], id="none-yet"),
    ],
)
def test_where_a_host_is_looked_for_is_told(
    host: Any, source: HostSource | None, domain: str, expected: list[str]
) -> None:
    """A host that is set or was found, with its address; else the domain, and that nothing was found."""
    one = machine(status_at(0, host=host, host_source=source), lookup_domain=domain)
    lines = [line.strip() for line in license_information(told(one), detailed=False)]
    at = lines.index(expected[0])
    assert lines[at : at + len(expected)] == expected


@pytest.mark.parametrize(("on", "word"), [(True, "enabled"), (False, "disabled")], ids=["on", "off"])
def test_whether_the_host_is_cached_is_told(word: str, *, on: bool) -> None:
    """In Microsoft's words, last of the client's lines."""
    lines = license_information(told(machine(status_at(0), host_caching=on)), detailed=False)
    assert f"    KMS host caching is {word}" in lines


def test_a_host_prints_the_labels_of_microsofts_hosts_in_their_order() -> None:
    """Line by line as in the sample of 2008 R2, and what Tenure adds."""
    assert license_information(told(host=HOST), detailed=False) == [
        "Name: Example Software activation host, workstations",
        "Description: Example Software, VOLUME_KMS channel",
        "Partial Product Key: QWERT",
        "License Status: Licensed",
        "Key Management Service is enabled on this machine",
        "    Current count: 27",
        "    Listening on Port: 1688",
        "    DNS publishing disabled",
        "    KMS priority: Normal",
        "    Pool: workstations of Example Software, activated from 25 machines on",
        "    Certificate until: 2028-12-15T08:00:00Z",
        "",
        "Key Management Service cumulative requests received from clients",
        "    Total requests received: 826",
        "    Failed requests received: 2",
        "    Requests with License Status Unlicensed: 0",
        "    Requests with License Status Licensed: 700",
        "    Requests with License Status Initial grace period: 0",
        "    Requests with License Status License expired or Hardware out of tolerance: 4",
        "    Requests with License Status Non-genuine grace period: 0",
        "    Requests with License Status Notification: 120",
        "",
        f"Host ID: {UUID(int=5)}",
        "Organization: Example Customer",
        "Server: http://0.0.0.0:1688",
        "Activation interval: as the publisher advises",
        "Renewal interval: as the publisher advises",
    ]


def test_settings_of_a_host_are_told() -> None:
    """Also a stored port while no server runs, and a setting that cannot be used."""
    settings = HostSettings(
        port=1700,
        dns_publishing=True,
        retry_interval_s=900,
        renewal_interval_s=86_400,
        unusable=("listening_port",),
    )
    lines = license_information(told(host=replace(HOST, settings=settings), listening=None), detailed=True)
    for line in (
        "    Listening on Port: 1700",
        "    DNS publishing enabled",
        "Server: not running: tenure host serve",
        "Activation interval: 15 minutes",
        "Renewal interval: 1440 minutes",
        "The stored setting listening_port cannot be used, and is not.",
        "Product Key Channel: Volume:CSVLK",
    ):
        assert line in lines
    assert any("What to publish in DNS is not set" in line for line in lines)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        pytest.param(LicenseStatus.UNLICENSED, "is not activated: tenure slmgr /ato", id="not-activated"),
        pytest.param(LicenseStatus.NOTIFICATION, "Notification Reason: 0xC004F041.", id="certificate-over"),
    ],
)
def test_a_host_that_grants_nothing_says_why(status: LicenseStatus, words: str) -> None:
    """Before its first certificate, and outside its time."""
    one = replace(HOST_LICENSE, license_status=status, partial_key=None)
    text = "\n".join(license_information(told(host=replace(HOST, licenses=(one,))), detailed=False))
    assert words in text
    assert "Partial Product Key: not readable" in text
    assert ("Current count" in text) == (status is LicenseStatus.NOTIFICATION)


def test_beside_a_product_only_the_products_license_status_is_printed() -> None:
    """A script that looks for `License Status: Licensed` must not find the host's; with `all` both are asked for."""
    expired = machine(status_at(200))
    short = license_information(told(expired, host=HOST, left_out=2), detailed=False)
    assert [line for line in short if line.startswith("License Status")] == ["License Status: Notification"]
    assert "    Current count: 27" in short
    assert short[-1] == "2 more installed: /dli all, or /dli ID."
    assert "Example Software activation host, workstations:" not in expiration(told(expired, host=HOST))
    everything = license_information(told(expired, host=HOST, everything=True), detailed=False)
    assert "License Status: Licensed" in everything


@pytest.mark.parametrize("detailed", [False, True])
def test_nothing_of_microsofts_identity_is_printed(detailed: bool) -> None:  # noqa: FBT001 - a table of two
    """No extended PID, and not the application id of Windows (ADR 0001)."""
    text = "\n".join(
        license_information(told(machine(status_at(1)), host=HOST, everything=True), detailed=detailed)
    )
    assert "xtended PID" not in text
    assert not EXTENDED_PID.search(text)
    assert WINDOWS_APPLICATION not in text


@pytest.mark.parametrize(
    ("day", "changes", "expected"),
    [
        pytest.param(
            1, {}, ["Draft Studio:", "    Volume activation will expire 2027-07-14T08:00:00Z"], id="licensed"
        ),
        pytest.param(
            1,
            {"license_status": LicenseStatus.INITIAL_GRACE},
            ["Draft Studio:", "    Initial grace period ends 2027-07-14T08:00:00Z"],
            id="grace",
        ),
        pytest.param(
            180,
            {},
            [
                "Draft Studio:",
                "    Draft Studio is in Notification mode",
                "    Reduced functionality begins 2027-09-22T08:00:00Z",
            ],
            id="notification",
        ),
        pytest.param(
            250, {}, ["Draft Studio:", "    Draft Studio is in Reduced functionality mode"], id="reduced"
        ),
        pytest.param(
            1,
            {"license_status": LicenseStatus.UNLICENSED},
            ["Draft Studio:", "    Unlicensed"],
            id="unlicensed",
        ),
    ],
)
def test_xpr_says_when_the_present_status_ends(
    day: int, changes: dict[str, Any], expected: list[str]
) -> None:
    """In Microsoft's sentences, with times in UTC."""
    assert expiration(told(machine(status_at(day, **changes)))) == expected


def test_xpr_of_a_host_is_about_its_certificate() -> None:
    """How long it may grant leases; before its first certificate it is unlicensed."""
    none = replace(HOST_LICENSE, certificate_expires=None, pool="servers")
    lines = expiration(told(host=replace(HOST, licenses=(HOST_LICENSE, none))))
    assert "    The host's certificate will expire 2028-12-15T08:00:00Z" in lines
    assert "    Time remaining: 1008000 minute(s) (700 day(s))" in lines
    assert lines[-1] == "    Unlicensed"


def _denied() -> LocalFault:
    fault = LocalFault(Code.HOME_UNUSABLE, "The folder cannot be written.", "Use another.")
    fault.__cause__ = PermissionError()
    return fault


@pytest.mark.parametrize(
    ("error", "hresult"),
    [
        (Refused(Code.COUNT_INSUFFICIENT, "It is short."), "0xC004F038"),
        (Refused(Code.CLOCK_SKEW, "The clocks differ."), "0xC004F06C"),
        (Refused(Code.PRODUCT_NOT_SERVED, "Not here."), "0xC004F042"),
        (Unavailable(Code.HOST_NOT_ACTIVATED, "Not activated."), "0xC004F041"),
        (Unavailable(Code.HOST_CERTIFICATE_EXPIRED, "Over."), "0xC004F041"),
        (Unavailable(Code.HOST_UNREACHABLE, "No answer."), "0xC004F074"),
        (UsageError(Code.PRODUCT_KEY_MALFORMED, "A typing error."), "0xC004F050"),
        (UsageError(Code.PRODUCT_UNKNOWN, "No such product."), "0xC004F069"),
        (Refused(Code.KEY_UNKNOWN, "Never issued."), "0xC004F050"),
        (Refused(Code.KEY_BLOCKED, "Blocked."), "0xC004C003"),
        (Refused(Code.KEY_LIMIT, "Used up.", hresult="0xC004C008"), "0xC004C008"),
        (_denied(), "0x80070005"),
    ],
    ids=lambda value: value.code.value if isinstance(value, TenureError) else "",
)
def test_errors_carry_the_hresult_that_windows_shows(error: TenureError, hresult: str) -> None:
    """In the words of kms-facts, section 9."""
    assert error_lines(error)[0] == f"Error: {hresult} {error.detail}"


def test_errors_carry_their_cure() -> None:
    """On a line of its own; an error that Windows does not know has no number."""
    error = UsageError(Code.INVALID_ARGUMENT, "That is no port.", "Write 1 to 65535.")
    assert error_lines(error) == ["Error: That is no port.", "Write 1 to 65535."]
    assert error_lines(UsageError(Code.INVALID_ARGUMENT, "No.")) == ["Error: No."]
