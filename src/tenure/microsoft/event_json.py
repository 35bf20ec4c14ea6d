"""Events as JSON: Winlogbeat's lines, `Get-WinEvent | ConvertTo-Json`, and the JSON form of the .evtx reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import astuple

from tenure.microsoft.event_fields import client_time, interpret
from tenure.microsoft.event_times import instant, local_instant
from tenure.microsoft.events import CHANNELS, Entry, Fact, NotUnderstood, Unrelated

if TYPE_CHECKING:
    from datetime import tzinfo

MAX_EVENT_ID: Final = 65_535


class _Parameters(Struct):
    """Winlogbeat's names of data elements that have none. 12290 has ten; more than twelve fit no event of ours."""

    param1: str | int | None = None
    param2: str | int | None = None
    param3: str | int | None = None
    param4: str | int | None = None
    param5: str | int | None = None
    param6: str | int | None = None
    param7: str | int | None = None
    param8: str | int | None = None
    param9: str | int | None = None
    param10: str | int | None = None
    param11: str | int | None = None
    param12: str | int | None = None


class _Winlog(Struct):
    provider_name: str = ""
    event_id: int | str | None = None
    channel: str = ""
    computer_name: str = ""
    event_data: _Parameters | None = None


class _Provider(Struct):
    attributes: dict[str, Any] | None = field(name="#attributes", default=None)


class _System(Struct, rename="pascal"):
    event_id: Any = field(name="EventID", default=None)
    provider: _Provider | None = None
    channel: str | None = None
    computer: str | None = None
    time_created: _Provider | None = None


class _Evtx(Struct, rename="pascal"):
    system: _System | None = None
    event_data: Any = None


class _Line(Struct):
    """The members that tell one form from the others; anything else is skipped without being built."""

    timestamp: str = field(name="@timestamp", default="")
    winlog: _Winlog | None = None
    message: str | None = None
    event: _Evtx | None = field(name="Event", default=None)
    id: int | str | None = field(name="Id", default=None)
    provider: str | None = field(name="ProviderName", default=None)
    log: str | None = field(name="LogName", default=None)
    machine: str | None = field(name="MachineName", default=None)
    created: Any = field(name="TimeCreated", default=None)
    properties: Any = field(name="Properties", default=None)
    text: str | None = field(name="Message", default=None)
    license_status: Any = field(name="LicenseStatus", default=None)
    current_count: Any = field(name="KeyManagementServiceCurrentCount", default=None)


_decode = msgspec.json.Decoder(_Line).decode


class LicenseObject(Struct, frozen=True):
    """JSON that is a license's object and no event; `license_objects` reads it."""

    data: bytes


def read_json(data: bytes, zone: tzinfo) -> Fact | Unrelated | NotUnderstood | LicenseObject:
    """What one JSON object tells. Never raises.

    `zone` is that of times which carry none.
    """
    try:
        line = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return NotUnderstood(f"JSON that is broken or of another form ({_short(error)})", _start(data))
    if line.winlog is not None:
        return _from_winlogbeat(line, line.winlog)
    if line.event is not None and line.event.system is not None:
        return _from_reader(line.event, line.event.system)
    if line.id is not None and (line.provider is not None or line.created is not None):
        return _from_powershell(line, zone)
    if line.license_status is not None or line.current_count is not None:
        return LicenseObject(data)
    return NotUnderstood("JSON that is neither an event nor a license's object", _start(data))


def _from_winlogbeat(line: _Line, winlog: _Winlog) -> Fact | Unrelated | NotUnderstood:
    event_id = event_number(winlog.event_id)
    if event_id is None:
        return NotUnderstood("an event without an id", str(winlog.event_id)[:200])
    values: tuple[str, ...] = ()
    if winlog.event_data is not None and event_id in CHANNELS:
        # Empty elements are left out by some versions: the shapes are anchored on the CMID and do not mind.
        values = tuple([str(value) for value in astuple(winlog.event_data) if value is not None])
    return interpret(
        Entry(
            event_id,
            winlog.provider_name,
            instant(line.timestamp),
            winlog.computer_name,
            winlog.channel,
            values,
            line.message or "",
        )
    )


def _from_reader(event: _Evtx, system: _System) -> Fact | Unrelated | NotUnderstood:
    event_id = event_number(system.event_id)
    if event_id is None:
        return NotUnderstood("an event without an id", str(system.event_id)[:200])
    provider = _attribute(system.provider, "Name")
    time = _attribute(system.time_created, "SystemTime")
    return interpret(
        Entry(
            event_id,
            provider,
            instant(time),
            system.computer or "",
            system.channel or "",
            _data_values(event.event_data),
        )
    )


def _from_powershell(line: _Line, zone: tzinfo) -> Fact | Unrelated | NotUnderstood:
    event_id = event_number(line.id)
    if event_id is None:
        return NotUnderstood("an event without an id", str(line.id)[:200])
    created = line.created.get("value") if isinstance(line.created, dict) else line.created
    text = created if isinstance(created, str) else ""
    message = line.text or ""
    at = instant(text)
    if at is None:
        at = local_instant(text, zone, near=client_time(message)) if len(text) <= 100 else None  # noqa: PLR2004 - a time
    values: tuple[str, ...] = ()
    if isinstance(line.properties, list):
        # At ConvertTo-Json's usual depth they are names of a class; the message has the fields then.
        values = tuple(_text(p["Value"]) for p in line.properties if isinstance(p, dict) and "Value" in p)
    return interpret(
        Entry(event_id, line.provider or "", at, line.machine or "", line.log or "", values, message)
    )


def event_number(value: object) -> int | None:
    """An event's id, however it was written: a number, digits, or an object with `#text`."""
    if isinstance(value, dict):
        value = value.get("#text")
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 10):  # noqa: PLR2004 - with its qualifiers
            return None
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    # Some exports put the qualifiers above the id.
    return value & MAX_EVENT_ID if value < 2**32 else None


def _data_values(data: object) -> tuple[str, ...]:
    """The data elements in order: a text, a list of texts, an object with `#text`, or named ones."""
    if isinstance(data, dict):
        inner = data.get("Data", data)
        if isinstance(inner, dict):
            inner = inner.get("#text", list(inner.values()))
    else:
        inner = data
    if isinstance(inner, list):
        return tuple([value if type(value) is str else _text(value) for value in inner])
    return () if inner is None else (_text(inner),)


def _attribute(element: _Provider | None, name: str) -> str:
    value = None if element is None or element.attributes is None else element.attributes.get(name)
    return value if isinstance(value, str) else ""


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _text(value.get("#text", ""))
    return "" if value is None or isinstance(value, (list, bool)) else str(value)


def _short(error: Exception) -> str:
    """The library's sentence without the path to the member, which would make a reason of its own for each line."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "bytes that are no UTF-8"
    if isinstance(error, msgspec.ValidationError):
        return "a member of another type"
    return "not well formed"


def _start(data: bytes) -> str:
    return data[:400].decode(errors="replace")
