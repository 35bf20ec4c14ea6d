"""What `slmgr` prints: Microsoft's labels in Microsoft's order, then what Tenure adds. Pure text.

The labels are those of slmgr.vbs (kms-facts, sections 4 and 7), so that an administrator's eye and scripts find what
they look for. Two things are never printed: an extended PID in Microsoft's shape, and Windows' application id.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

import tenure
from tenure.cli.printing import timestamp
from tenure.client.status import HostSource
from tenure.core.errors import Code
from tenure.core.license_status import LicenseStatus, Reason, minutes_until
from tenure.core.product_key import KeyType
from tenure.host.settings import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from tenure.client.host_address import HostAddress
    from tenure.client.status import ProductStatus
    from tenure.core.errors import TenureError
    from tenure.host.licenses import HostLicense, HostLicenses
    from tenure.programs.slmgr_licenses import Licenses, MachineLicense

_MINUTES_A_DAY: Final = 1440

STATUS_LABELS: Final[dict[LicenseStatus, str]] = {
    LicenseStatus.UNLICENSED: "Unlicensed",
    LicenseStatus.INITIAL_GRACE: "Initial grace period",
    LicenseStatus.LICENSED: "Licensed",
    LicenseStatus.NOTIFICATION: "Notification",
    # Windows has had no such mode since Vista SP1, so the label is ours.
    LicenseStatus.REDUCED_FUNCTIONALITY: "Reduced functionality",
}
"""After `License Status: `."""

REASONS: Final[dict[str, str]] = {
    Reason.NOT_ACTIVATED: "0xC004F056",
    Reason.LEASE_EXPIRED: "0xC004F009 (grace time expired)",
    Reason.MACHINE_CHANGED: "0xC004F00F",
}
"""After `Notification Reason: `; a stored document that does not verify counts as never activated."""

CHANNELS: Final[dict[KeyType, tuple[str, str]]] = {
    KeyType.GENERIC: ("VOLUME_KMSCLIENT channel", "Volume:GVLK"),
    KeyType.MAK: ("VOLUME_MAK channel", "Volume:MAK"),
    KeyType.RETAIL: ("RETAIL channel", "Retail"),
}
"""In the description, and after `Product Key Channel: `; without a key, as with a generic one."""

COUNTERS: Final[tuple[tuple[str, LicenseStatus | None], ...]] = (
    ("Unlicensed", LicenseStatus.UNLICENSED),
    ("Licensed", LicenseStatus.LICENSED),
    ("Initial grace period", LicenseStatus.INITIAL_GRACE),
    ("License expired or Hardware out of tolerance", LicenseStatus.REDUCED_FUNCTIONALITY),
    ("Non-genuine grace period", None),
    ("Notification", LicenseStatus.NOTIFICATION),
)
"""After `Requests with License Status `, in Microsoft's order. Nothing is ever non-genuine here."""

HRESULTS: Final[dict[Code, str]] = {
    Code.PRODUCT_UNKNOWN: "0xC004F069",
    Code.KEY_UNKNOWN: "0xC004F050",
    Code.HOST_CERTIFICATE_EXPIRED: "0xC004F041",
    Code.HOST_REVOKED: "0xC004F041",
}
"""What an administrator of Windows would see where the error itself names none (kms-facts, section 9)."""
HOST_LABELS: Final = {
    HostSource.SET: "Registered KMS machine name",
    HostSource.DNS: "KMS machine name from DNS",
}
"""Before a host, by how it is known."""
_ACCESS_DENIED: Final = "0x80070005"


def license_information(told: Licenses, *, detailed: bool) -> list[str]:
    """`/dli`, or `/dlv` when it is detailed."""
    blocks = [_machine_block(one, told.now, detailed=detailed) for one in told.products]
    if told.host is not None:
        for one in told.host.licenses:
            block = [] if _host_is_beside(told) else _host_license(one, told.now, detailed=detailed)
            blocks.append([*block, *_host_service(one, told.host, told.listening)])
        blocks.append(_host_totals(told.host, told.listening))
    if told.left_out:
        blocks.append([f"{told.left_out} more installed: /dli all, or /dli ID."])
    if detailed:
        blocks.insert(0, [f"Software licensing service version: {tenure.__version__}"])
    return _joined(blocks)


def expiration(told: Licenses) -> list[str]:
    """`/xpr`."""
    blocks = [[f"{_name(one.status)}:", *_indented(_ends(one.status))] for one in told.products]
    if told.host is not None and not _host_is_beside(told):
        blocks += [
            [f"{_host_name(one)}:", *_indented(_certificate_ends(one, told.now))]
            for one in told.host.licenses
        ]
    return _joined(blocks)


def hresult_of(error: TenureError) -> str | None:
    """The HRESULT that an administrator knows for it."""
    if error.hresult is not None:
        return error.hresult
    if isinstance(error.__cause__, PermissionError):
        return _ACCESS_DENIED
    return HRESULTS.get(error.code)


def error_lines(error: TenureError) -> list[str]:
    """`Error: 0x... what went wrong`, and what to do."""
    number = hresult_of(error)
    lines = [f"Error: {number} {error.detail}" if number else f"Error: {error.detail}"]
    return [*lines, error.cure] if error.cure else lines


def _machine_block(one: MachineLicense, now: int, *, detailed: bool) -> list[str]:
    status = one.status
    channel, key_channel = CHANNELS[status.key_type or KeyType.GENERIC]
    lines = [f"Name: {_name(status)}", f"Description: {one.publisher or 'Tenure'}, {channel}"]
    if detailed:
        lines += _identity(status.product_id, one.publisher_id, key_channel)
    lines.append(
        f"Partial Product Key: {status.partial_key}" if status.partial_key else "This license is not in use."
    )
    lines += _status_lines(status)
    if detailed:
        lines += ["Remaining SKU rearm count: not limited", f"Trusted time: {timestamp(now)}"]
    if not _by_publisher(status):
        lines += _kms_lines(one)
    elif status.license_status is not LicenseStatus.LICENSED:
        lines.append("Please use tenure slmgr /ato to activate this product with its publisher.")
    return [*lines, "", *_added_lines(status)]


def _by_publisher(status: ProductStatus) -> bool:
    """Whether hosts have no part in it: a grant is held, or the key asks for one and no lease is left."""
    secret = status.key_type is not None and status.key_type.secret
    return status.activation_id is not None or (secret and status.lease_id is None)


def _kms_lines(one: MachineLicense) -> list[str]:
    lines = ["Configured Activation Type: KMS"]
    if one.status.license_status is LicenseStatus.LICENSED:
        return [
            *lines,
            "",
            "Most recent activation information:",
            "Key Management Service client information",
            *_indented(_client_lines(one)),
        ]
    return [
        *lines,
        "Please use tenure slmgr /ato to activate and update KMS client information in order to update values.",
    ]


def _status_lines(status: ProductStatus) -> list[str]:
    lines = [f"License Status: {STATUS_LABELS[status.license_status]}"]
    left = _time_left(status.minutes_remaining)
    match status.license_status:
        case LicenseStatus.LICENSED:
            if not status.for_good:
                lines.append(f"Volume activation expiration: {left}")
        case LicenseStatus.INITIAL_GRACE:
            lines.append(f"Time remaining: {left}")
        case LicenseStatus.NOTIFICATION | LicenseStatus.REDUCED_FUNCTIONALITY:
            reason = REASONS.get(status.reason, REASONS[Reason.NOT_ACTIVATED])
            lines.append(f"Notification Reason: {reason}.")
        case LicenseStatus.UNLICENSED:
            pass
    return lines


def _client_lines(one: MachineLicense) -> list[str]:
    lines = [f"Client Machine ID (CMID): {one.status.machine_id}"]
    if one.lookup_domain:
        lines.append(f"Registered KMS SRV record lookup domain: {one.lookup_domain}")
    host, source = one.status.host, one.status.host_source
    if host is None or source is None:
        lines.append("DNS auto-discovery: KMS name not available")
    else:
        lines.append(f"{HOST_LABELS[source]}: {host.text}")
        lines.append(f"KMS machine IP address: {_ip_address(host)}")
    for label, seconds in (
        ("Activation interval", one.activation_interval_s),
        ("Renewal interval", one.renewal_interval_s),
    ):
        if seconds is not None:
            lines.append(f"{label}: {seconds // 60} minutes")
    return [*lines, f"KMS host caching is {'enabled' if one.host_caching else 'disabled'}"]


def _added_lines(status: ProductStatus) -> list[str]:
    """What Microsoft does not print."""
    lines = [
        f"Product ID: {status.product_id}",
        f"Activation ID (grant): {status.activation_id}"
        if status.activation_id is not None
        else f"Activation ID (lease): {status.lease_id or 'none'}",
        f"Last activation date: {timestamp(status.last_activation) or 'never'}",
    ]
    if status.license_status is not LicenseStatus.LICENSED:
        lines.append(f"Machine ID: {status.machine_id}")
        if not _by_publisher(status):
            lines.append(
                f"Activation host: {status.host.text if status.host else 'looked for in DNS; none has answered yet'}"
            )
    if status.reduced_functionality_from and status.license_status is LicenseStatus.NOTIFICATION:
        lines.append(f"Reduced functionality from: {timestamp(status.reduced_functionality_from)}")
    if status.problem is not None:
        lines.append(f"The stored license counts for nothing: {status.problem.detail}")
    return lines


def _host_is_beside(told: Licenses) -> bool:
    """Whether the host is told of only beside a product of this machine, as on a KMS host of Microsoft's.

    Then the product's license status is the only one that is printed, so that no script takes the host's for it.
    """
    return bool(told.products) and not told.everything


def _host_license(one: HostLicense, now: int, *, detailed: bool) -> list[str]:
    lines = [f"Name: {_host_name(one)}", f"Description: {one.publisher}, VOLUME_KMS channel"]
    if detailed:
        lines += _identity(one.publisher_id, None, "Volume:CSVLK")
    lines += [
        f"Partial Product Key: {one.partial_key or 'not readable for this user'}",
        f"License Status: {STATUS_LABELS[one.license_status]}",
    ]
    if one.license_status is LicenseStatus.NOTIFICATION:
        lines.append("Notification Reason: 0xC004F041.")
    return [*lines, f"Trusted time: {timestamp(now)}"] if detailed else lines


def _host_service(one: HostLicense, host: HostLicenses, listening: str | None) -> list[str]:
    if one.license_status is LicenseStatus.UNLICENSED:
        return [f"The host for {one.pool} of {one.publisher} is not activated: tenure slmgr /ato."]
    return [
        "Key Management Service is enabled on this machine",
        *_indented(
            [
                f"Current count: {one.count}",
                f"Listening on Port: {_port(host, listening)}",
                f"DNS publishing {'enabled' if host.settings.dns_publishing else 'disabled'}",
                "KMS priority: Normal",
                f"Pool: {one.pool} of {one.publisher}, activated from {one.threshold} machines on",
                f"Certificate until: {timestamp(one.certificate_expires)}",
            ]
        ),
    ]


def _host_totals(host: HostLicenses, listening: str | None) -> list[str]:
    """Once a host: the counters, and what Tenure adds."""
    lines = [
        "Key Management Service cumulative requests received from clients",
        *_indented(
            [
                f"Total requests received: {host.requests.total}",
                f"Failed requests received: {host.requests.refused}",
                *(
                    f"Requests with License Status {label}: {host.by_status.get(status, 0) if status else 0}"
                    for label, status in COUNTERS
                ),
            ]
        ),
        "",
        f"Host ID: {host.host_id}",
        f"Organization: {host.org or 'none'}{' (trial)' if host.trial else ''}",
        f"Server: {listening or 'not running: tenure host serve'}",
    ]
    for label, seconds in (
        ("Activation interval", host.settings.retry_interval_s),
        ("Renewal interval", host.settings.renewal_interval_s),
    ):
        lines.append(f"{label}: {f'{seconds // 60} minutes' if seconds else 'as the publisher advises'}")
    if host.settings.dns_publishing and host.settings.dns_options is None:
        lines.append("What to publish in DNS is not set, so nothing is: tenure host publish-dns --save.")
    lines += [f"The stored setting {name} cannot be used, and is not." for name in host.settings.unusable]
    return lines


def _identity(activation_id: UUID | None, application_id: UUID | None, channel: str) -> list[str]:
    lines = [f"Activation ID: {activation_id}"]
    if application_id is not None:
        lines.append(f"Application ID: {application_id}")
    return [*lines, f"Product Key Channel: {channel}"]


def _ends(status: ProductStatus) -> list[str]:
    match status.license_status:
        case LicenseStatus.UNLICENSED:
            return ["Unlicensed"]
        case LicenseStatus.INITIAL_GRACE:
            return [f"Initial grace period ends {timestamp(status.notification_from)}"]
        case LicenseStatus.LICENSED if status.for_good:
            return ["The machine is permanently activated."]
        case LicenseStatus.LICENSED:
            return [f"Volume activation will expire {timestamp(status.lease_expires)}"]
        case LicenseStatus.NOTIFICATION:
            lines = [f"{_name(status)} is in Notification mode"]
            if status.reduced_functionality_from is not None:
                lines.append(f"Reduced functionality begins {timestamp(status.reduced_functionality_from)}")
            return lines
        case LicenseStatus.REDUCED_FUNCTIONALITY:
            return [f"{_name(status)} is in Reduced functionality mode"]


def _certificate_ends(one: HostLicense, now: int) -> list[str]:
    if one.certificate_expires is None:
        return ["Unlicensed"]
    left = _time_left(minutes_until(one.certificate_expires, now))
    return [
        f"The host's certificate will expire {timestamp(one.certificate_expires)}",
        f"Time remaining: {left}",
    ]


def _name(status: ProductStatus) -> str:
    return status.product or str(status.product_id)


def _host_name(one: HostLicense) -> str:
    return f"{one.publisher} activation host, {one.pool}"


def _port(host: HostLicenses, listening: str | None) -> str:
    if listening is not None:
        return listening.rpartition(":")[2]
    return str(host.settings.port or DEFAULT_PORT)


def _ip_address(host: HostAddress) -> str:
    """The address itself where it was set; names are not looked up by a command that only reads."""
    name = host.name.strip("[]")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return "not available"


def _time_left(minutes: int | None) -> str:
    """Minutes, and days rounded up, as slmgr.vbs does."""
    whole = minutes or 0
    return f"{whole} minute(s) ({-(-whole // _MINUTES_A_DAY)} day(s))"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _joined(blocks: Iterable[list[str]]) -> list[str]:
    """The blocks, an empty line between two."""
    lines: list[str] = []
    for block in blocks:
        lines += ["", *block] if lines else block
    return lines
