"""The text of `slmgr /dlv` and `/dli`, of hosts and of clients, in English.

Three traps: consoles wrap long lines, older versions lack lines, and the text is translated. Another language is
recognized by the channel, which no version translates, and said; its labels are not guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tenure.microsoft.event_fields import machine_name
from tenure.microsoft.events import NotUnderstood
from tenure.microsoft.license_snapshot import LicenseSnapshot, RequestCounters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_TEXT: Final = 1024 * 1024
"""Characters; `/dlv all` of a server with Office prints some 50,000."""
MAX_PRODUCTS: Final = 500
_MAX_VALUE: Final = 500
_IN_ENGLISH: Final = (
    "run a copy of slmgr.vbs outside of System32, which prints English, or export Get-OSLicenseInfo or "
    "SoftwareLicensingProduct as JSON"
)
_EVENT: Final = re.compile(r"\bEvent ID:? *\d{3,5}\b")
_NARROWEST: Final = 60
"""A line that a console wrapped is at least so long."""

CHANNEL = re.compile(r"\b((?:VOLUME|OEM|RETAIL|TIMEBASED|SUBSCRIPTION)[A-Z0-9_.-]*)(?= channel|[ ,.]|$)")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HRESULT = re.compile(r"0x[0-9A-Fa-f]{8}")
_FOREIGN_KEY_LINE = re.compile(r"^[^:\n]{3,60}: ?[0-9A-Z]{5}$")

LABELS: Final = (
    "Software licensing service version",
    "Name",
    "Description",
    "Activation ID",
    "Application ID",
    "Extended PID",
    "Product Key Channel",
    "Installation ID",
    "Processor Certificate URL",
    "Machine Certificate URL",
    "Use License URL",
    "Product Key Certificate URL",
    "Validation URL",
    "Partial Product Key",
    "License Status",
    "Notification Reason",
    "Volume activation expiration",
    "Time remaining",
    "Evaluation End Date",
    "Remaining Windows rearm count",
    "Remaining SKU rearm count",
    "Trusted time",
    "Configured Activation Type",
    "Client Machine ID (CMID)",
    "Registered KMS SRV record lookup domain",
    "Registered KMS machine name",
    "KMS machine name from DNS",
    "KMS machine IP address",
    "KMS machine extended PID",
    "Activation interval",
    "Renewal interval",
    "Activation Object name",
    "AO DN",
    "AO extended PID",
    "AO activation ID",
    "Current count",
    "Listening on Port",
    "KMS priority",
    "Total requests received",
    "Failed requests received",
    "Error",
)
"""Everything that stands before a colon."""
COUNTER: Final = "Requests with License Status "
COUNTERS: Final = (
    "Unlicensed",
    "Licensed",
    "Initial grace period",
    "License expired or Hardware out of tolerance",
    "Non-genuine grace period",
    "Notification",
)
STATUS_TEXTS: Final[Mapping[str, int]] = {
    "unlicensed": 0,
    "licensed": 1,
    "initial grace period": 2,
    "additional grace period": 3,
    "non-genuine grace period": 4,
    "notification": 5,
    "extended grace period": 6,
}
_HOST_LINE: Final = "Key Management Service is enabled on this machine"
_SENTENCES: Final = (
    _HOST_LINE,
    "Key Management Service cumulative requests received from clients",
    "Key Management Service client information",
    "Most recent activation information",
    "AD Activation client information",
    "DNS publishing",
    "DNS auto-discovery",
    "KMS host caching",
    "Please use slmgr.vbs",
    "This license is not in use",
    "Microsoft (R) Windows Script Host",
    "Copyright (C)",
    "Activating ",
    "Product activated successfully",
)
_KNOWN = re.compile(
    "|".join(
        [rf"(?P<label>{'|'.join(re.escape(label) for label in sorted(LABELS, key=len, reverse=True))}): ?"]
        + [rf"(?P<counter>{re.escape(COUNTER)}(?:{'|'.join(COUNTERS)})): ?"]
        + [re.escape(sentence) for sentence in _SENTENCES]
    )
)


def looks_like_slmgr(text: str) -> bool:
    """Whether the text is slmgr's, in any language: a channel on a line that has a label."""
    return any(":" in line and CHANNEL.search(line) for line in text.splitlines()[:2_000])


def read_slmgr(text: str, *, name: str, taken_at: int) -> Iterator[LicenseSnapshot | NotUnderstood]:
    """One snapshot for each product in use. Never raises.

    `name` is the machine's; slmgr does not print it.
    """
    if len(text) > MAX_TEXT:
        yield NotUnderstood(f"a text of over {MAX_TEXT:,} characters, which is not slmgr's")
        return
    error: int | None = None
    products = 0
    for block in _products(_unwrapped(text)):
        if "Name" not in block:
            code = _HRESULT.search(block.get("Error", ""))
            error = int(code[0], 16) if code else None
            continue
        if "License Status" not in block:
            continue
        products += 1
        if products > MAX_PRODUCTS:
            yield NotUnderstood(f"more than {MAX_PRODUCTS} products in one text")
            return
        yield _snapshot(block, name, taken_at, error)
        error = None
    if not products:
        yield NotUnderstood(*_why_nothing(text))
    for found in _EVENT.findall(text)[:MAX_PRODUCTS]:
        yield NotUnderstood("an event within slmgr's text, without source and time", found)


def _why_nothing(text: str) -> tuple[str, str]:
    """Why there is no product in a text that looks like slmgr's, and the line that shows it."""
    if "License Status:" in text or "This license is not in use" in text:
        return "slmgr's text without a product in use", ""
    foreign = next(
        (
            line.strip()
            for line in text.splitlines()
            if _FOREIGN_KEY_LINE.match(line.strip()) or ("Description:" not in line and CHANNEL.search(line))
        ),
        "",
    )
    language = "German" if "Lizenzstatus" in text else "another language than English"
    return f"slmgr's text in {language}: {_IN_ENGLISH}", foreign


def _unwrapped(text: str) -> list[str]:
    """The lines as they were before a console wrapped them."""
    joined: list[str] = []
    last_width = 0
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            last_width = 0
            continue
        if last_width >= _NARROWEST and joined and not _KNOWN.match(line) and len(joined[-1]) < _MAX_VALUE:
            joined[-1] += line
        else:
            joined.append(line)
        last_width = len(raw.rstrip("\r\n"))
    return joined


def _products(lines: list[str]) -> Iterator[dict[str, str]]:
    """Label and value of each product; what stands before the first product comes as a block without a `Name`."""
    block: dict[str, str] = {}
    for line in lines:
        found = _KNOWN.match(line)
        if found is None:
            continue
        label = found["label"] or found["counter"]
        if label is None:
            block.setdefault(line.split(":")[0][:_MAX_VALUE], "")
            continue
        if label == "Name":
            yield block
            block = {}
        block.setdefault(label, line[found.end() :].strip()[:_MAX_VALUE])
    yield block


def _snapshot(block: Mapping[str, str], name: str, taken_at: int, error: int | None) -> LicenseSnapshot:
    description = block.get("Description", "")
    channel = CHANNEL.search(description)
    status = block["License Status"].lower()
    is_host = _HOST_LINE in block
    return LicenseSnapshot(
        name=name,
        taken_at=taken_at,
        product=_printable(block["Name"]),
        description=_printable(description),
        channel=channel[1] if channel else "",
        activation_id=_guid(block.get("Activation ID", "")),
        partial_key=_partial(block.get("Partial Product Key", "")),
        state=next((code for text, code in STATUS_TEXTS.items() if status.startswith(text)), None),
        reason=_code(block.get("Notification Reason", "")),
        minutes=_first_number(block.get("Volume activation expiration") or block.get("Time remaining") or ""),
        cmid=_guid(block.get("Client Machine ID (CMID)", "")),
        kms_host=_host(
            block.get("Registered KMS machine name") or block.get("KMS machine name from DNS") or ""
        ),
        directory_object=_printable(block.get("Activation Object name", "")),
        is_host=is_host,
        count=_first_number(block.get("Current count", "")) if is_host else None,
        port=_first_number(block.get("Listening on Port", "")) if is_host else None,
        dns_publishing=_publishing(block) if is_host else None,
        counters=_counters(block),
        error=error,
    )


def _counters(block: Mapping[str, str]) -> RequestCounters | None:
    total = _first_number(block.get("Total requests received", ""))
    if total is None:
        return None
    return RequestCounters(
        total=total,
        failed=_first_number(block.get("Failed requests received", "")) or 0,
        by_state=tuple(_first_number(block.get(COUNTER + text, "")) or 0 for text in COUNTERS),
    )


def _publishing(block: Mapping[str, str]) -> bool | None:
    line = next((line for line in block if line.startswith("DNS publishing")), "")
    return True if "enabled" in line else False if "disabled" in line else None


def _first_number(text: str) -> int | None:
    found = re.match(r"\d{1,9}(?!\d)", text)
    return int(found[0]) if found else None


def _guid(text: str) -> str:
    found = _GUID.fullmatch(text)
    return found[0].lower() if found else ""


def _code(text: str) -> int | None:
    found = _HRESULT.match(text)
    return int(found[0], 16) if found else None


def _partial(text: str) -> str:
    return text if re.fullmatch(r"[0-9A-Z]{5}", text) else ""


def _host(text: str) -> str:
    return text.lower() if machine_name(text) else ""


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()
