"""License objects as JSON: the OSLicense module's, and WMI's SoftwareLicensingProduct and SoftwareLicensingService."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tenure.microsoft.event_fields import machine_name
from tenure.microsoft.events import NotUnderstood
from tenure.microsoft.license_snapshot import STATES, LicenseSnapshot, RequestCounters
from tenure.microsoft.slmgr_text import CHANNEL, STATUS_TEXTS

_UNKNOWN: Final = 2**32 - 1
"""How WMI writes -1 in a number without a sign: no host, or no request yet."""
_MAX_TEXT: Final = 500
_COUNTERS: Final = ("Unlicensed", "Licensed", "OOBGrace", "OOTGrace", "NonGenuineGrace", "Notification")
_WMI_STATES: Final = (
    "unlicensed",
    "licensed",
    "oobgrace",
    "ootgrace",
    "nongenuinegrace",
    "notification",
    "extendedgrace",
)


def read_license_object(data: bytes, *, name: str, taken_at: int) -> LicenseSnapshot | NotUnderstood:
    """The snapshot in one JSON object. Never raises.

    `name` is the machine's, where the object does not say it (`PSComputerName`).
    """
    try:
        found = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NotUnderstood("JSON that is broken", data[:400].decode(errors="replace"))
    key = _text(found, "PartialProductKey")
    state = _state(found.get("LicenseStatus"))
    count = _number(found, "KeyManagementServiceCurrentCount")
    is_host = _number(found, "IsKeyManagementServiceMachine") == 1 or (count or 0) > 0
    if state is None and not is_host:
        return NotUnderstood("a license's object without a state that is known", str(found)[:400])
    if state is not None and not key and "PartialProductKey" in found:
        return NotUnderstood("a license's object without a key: the product is not in use", str(found)[:400])
    description = _text(found, "Description") or _text(found, "ProductKeyChannel")
    channel = CHANNEL.search(description)
    kms_host = _text(found, "KeyManagementServiceMachine") or _text(
        found, "DiscoveredKeyManagementServiceMachineName"
    )
    return LicenseSnapshot(
        name=machine_name(_text(found, "PSComputerName")) or name,
        taken_at=taken_at,
        product=_text(found, "Name"),
        description=description,
        channel=channel[1] if channel else "",
        activation_id=_guid(_text(found, "ActivationID") or _text(found, "ID")),
        partial_key=key if len(key) == 5 and key.isalnum() else "",  # noqa: PLR2004 - what Windows shows of a key
        state=state,
        reason=_number(found, "LicenseStatusReason") or None,
        minutes=_number(found, "GracePeriodRemaining"),
        cmid=_guid(_text(found, "ClientMachineID")),
        kms_host=kms_host.lower() if machine_name(kms_host) else "",
        directory_object=_text(found, "ADActivationObjectName"),
        is_host=is_host,
        count=count if is_host else None,
        port=(_number(found, "KeyManagementServiceListeningPort") or None) if is_host else None,
        dns_publishing=_flag(found.get("KeyManagementServiceDnsPublishing")) if is_host else None,
        counters=_counters(found) if is_host else None,
    )


def _counters(found: dict[str, Any]) -> RequestCounters | None:
    total = _number(found, "KeyManagementServiceTotalRequests")
    if total is None:
        return None
    return RequestCounters(
        total=total,
        failed=_number(found, "KeyManagementServiceFailedRequests") or 0,
        by_state=tuple(_number(found, f"KeyManagementService{state}Requests") or 0 for state in _COUNTERS),
    )


def _state(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < len(STATES) else None
    if not isinstance(value, str):
        return None
    text = value.lower().strip()
    if text.isascii() and text.isdigit() and len(text) == 1:
        return _state(int(text))
    squeezed = text.replace(" ", "").replace("-", "")
    return _WMI_STATES.index(squeezed) if squeezed in _WMI_STATES else STATUS_TEXTS.get(text)


def _number(found: dict[str, Any], member: str) -> int | None:
    value = found.get(member)
    if isinstance(value, bool) and member.startswith("Is"):
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:  # noqa: PLR2004 - 32 bits
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _UNKNOWN:
        return None
    return value


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return {"enabled": True, "disabled": False, "true": True, "false": False}.get(value.lower())
    return bool(value) if isinstance(value, (bool, int)) else None


def _text(found: dict[str, Any], member: str) -> str:
    value = found.get(member)
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in value[:_MAX_TEXT]).strip()


def _guid(text: str) -> str:
    plain = text.strip("{}").lower()
    parts = plain.split("-")
    ok = [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(c in "0123456789abcdef-" for c in plain)
    return plain if ok else ""
