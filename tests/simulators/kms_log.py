"""The event log of genuine KMS hosts, made up: a fleet whose every machine was planned, and what a report must say of it."""

from __future__ import annotations

import csv
import io
import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from simulators import evtx_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DAY = 86_400
AT = 1_767_225_600
"""2026-01-01T00:00:00Z: when the report is made."""
WORKSTATION = "2de67392-b7a7-462a-b1ca-108dd189f588"
SERVER = "de32eafd-aaee-4662-9444-c1befb41bde2"
UNKNOWN_SKU = "11111111-2222-4333-8444-555555555555"
HOSTS = ("kms1.contoso.com", "kms2.contoso.com")
PROVIDER = "Microsoft-Windows-Security-SPP"
CHANNEL = "Key Management Service"


@dataclass(frozen=True)
class Logged:
    """One entry of the log "Key Management Service"."""

    host: str
    at: int
    cmid: str
    name: str
    sku: str = WORKSTATION
    hresult: int = 0
    minimum: int = 25
    virtual: bool = False
    state: int = 1
    minutes: int = 250_000
    provider: str = PROVIDER
    channel: str = CHANNEL
    event_id: int = 12290

    @property
    def values(self) -> tuple[str, ...]:
        """The data elements, as scripts in the field read them: shifted by one."""
        moment = datetime.fromtimestamp(self.at, UTC)
        return (
            "",
            f"0x{self.hresult:X}",
            str(self.minimum),
            self.name,
            self.cmid,
            f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment.minute:02}",
            str(int(self.virtual)),
            str(self.state),
            str(self.minutes),
            self.sku,
        )

    @property
    def message(self) -> str:
        """The rendered text, in the other layout."""
        return "An activation request has been processed.\r\nInfo:\r\n" + ",".join(self.values[1:])


@dataclass
class PlannedFleet:
    """Entries, and what they mean."""

    entries: list[Logged] = field(default_factory=list)
    forged: list[Logged] = field(default_factory=list)
    """Entries that KMS never wrote; nothing of them may show."""
    machines: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    """By CMID: the newest name, the last accepted request, and its host."""
    cloned: dict[str, set[str]] = field(default_factory=dict)
    renamed: dict[str, set[str]] = field(default_factory=dict)
    reinstalled: dict[str, set[str]] = field(default_factory=dict)
    """By name: its CMIDs."""
    refused: int = 0

    @property
    def log(self) -> list[Logged]:
        """Everything, forged entries among the true ones, in the order of time."""
        return sorted(self.entries + self.forged, key=lambda entry: (entry.at, entry.cmid, entry.name))

    def late(self, days: int) -> set[str]:
        """The CMIDs that have been silent for so long."""
        return {cmid for cmid, (_, last, _) in self.machines.items() if AT - last >= days * DAY}

    def falls_under(self, host: str, threshold: int) -> int | None:
        """When the count of a host falls under the threshold."""
        lasts: dict[str, int] = {}
        for entry in self.entries:
            if entry.host == host and not entry.hresult:
                lasts[entry.cmid] = max(lasts.get(entry.cmid, 0), entry.at)
        newest = sorted(lasts.values())[-threshold:]
        return newest[0] + 30 * DAY if len(newest) == threshold else None


def planned_fleet(machines: int, seed: int = 1) -> PlannedFleet:
    """A fleet of so many machines over 70 days, of which each hundred holds clones, retired machines and the like."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible plan, no secret
    fleet = PlannedFleet()
    number = 0
    while number < machines:
        kind = number % 100
        if kind == 0:
            number += _clones(fleet, chance, number, copies=3)
        elif kind == 3:
            number += _renamed(fleet, chance, number)
        elif kind == 4:
            number += _reinstalled(fleet, chance, number)
        else:
            # Retired long ago, retired lately, missing a renewal, or well.
            quiet = {5: 160, 6: 45, 7: 31, 8: 12, 9: 7}.get(kind, 0) * DAY
            _steady(fleet, chance, number, quiet=quiet or chance.randrange(6 * DAY))
            number += 1
    _forge(fleet, chance)
    return fleet


def _steady(fleet: PlannedFleet, chance: random.Random, number: int, *, quiet: int) -> None:
    """One machine that renews every week until it is quiet; some change hosts, some were refused once."""
    cmid, name = _cmid(chance), f"pc{number:05}.contoso.com"
    server = number % 10 == 2
    last = AT - quiet
    host = HOSTS[number % 2]
    for week in range(9, -1, -1):
        if week == 5 and number % 25 == 11:
            host = HOSTS[1 - number % 2]
        refused = week == 3 and number % 50 == 13
        fleet.refused += refused
        _log(fleet, host, last - week * 7 * DAY, cmid, name, server=server, refused=refused)


def _clones(fleet: PlannedFleet, chance: random.Random, number: int, *, copies: int) -> int:
    """Copies of one installation, which ask in turns."""
    cmid = _cmid(chance)
    names = [f"vdi{number:05}-{copy}.contoso.com" for copy in range(copies)]
    for week in range(6, -1, -1):
        for place, name in enumerate(names):
            _log(fleet, HOSTS[0], AT - week * 7 * DAY - (copies - place) * 3600, cmid, name, server=False)
    fleet.cloned[cmid] = set(names)
    return copies


def _renamed(fleet: PlannedFleet, chance: random.Random, number: int) -> int:
    cmid = _cmid(chance)
    names = [f"old{number:05}.contoso.com", f"new{number:05}.contoso.com"]
    for week in range(7, -1, -1):
        _log(fleet, HOSTS[1], AT - week * 7 * DAY - 7200, cmid, names[week < 4], server=False)
    fleet.renamed[cmid] = set(names)
    return 1


def _reinstalled(fleet: PlannedFleet, chance: random.Random, number: int) -> int:
    name = f"re{number:05}.contoso.com"
    cmids = [_cmid(chance), _cmid(chance)]
    for week in range(9, -1, -1):
        _log(fleet, HOSTS[1], AT - week * 7 * DAY - 9000, cmids[week < 6], name, server=False)
    fleet.reinstalled[name] = set(cmids)
    return 1


def _log(
    fleet: PlannedFleet, host: str, at: int, cmid: str, name: str, *, server: bool, refused: bool = False
) -> None:
    fleet.entries.append(
        Logged(
            host,
            at,
            cmid,
            name,
            sku=SERVER if server else WORKSTATION,
            minimum=5 if server else 25,
            hresult=0xC004F06C if refused else 0,
            virtual=server,
            minutes=at % 250_000,
        )
    )
    known = fleet.machines.get(cmid, (name, 0, host))
    if not refused and at >= known[1]:
        fleet.machines[cmid] = (name, at, host)


def _forge(fleet: PlannedFleet, chance: random.Random) -> None:
    """One forged entry for about every twenty true ones, newer than them, so that any that slips in shows."""
    kinds: list[dict[str, Any]] = [
        {"provider": "Persistence"},
        {"channel": "Application"},
        {"channel": "Security", "provider": "evil"},
        {"name": "a" * 300},
        {"name": "pc\x1b[31m.contoso.com"},
        {"name": "pc.contoso.com,36f27b39-2fd5-440b-be67-a09996d27a38"},
        {"name": ""},
        {"cmid": "no-cmid"},
        {"sku": "no-sku"},
        {"state": 9},
    ]
    for place in range(len(fleet.entries) // 20):
        change = {"cmid": _cmid(chance), "name": f"forged{place}", **kinds[place % len(kinds)]}
        fleet.forged.append(Logged(host=HOSTS[place % 2], at=AT - place % 1000, **change))


def _cmid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


# The formats in which logs arrive.


def winlogbeat(entries: Iterable[Logged]) -> bytes:
    """Lines as Winlogbeat 8 writes them."""
    return b"".join(
        json.dumps(
            {
                "@timestamp": _iso(entry.at, 250),
                "@metadata": {"beat": "winlogbeat", "version": "8.11.1"},
                "event": {"code": str(entry.event_id), "kind": "event", "provider": entry.provider},
                "message": entry.message,
                "winlog": {
                    "channel": entry.channel,
                    "computer_name": entry.host,
                    "event_data": {
                        f"param{place}": value for place, value in enumerate(entry.values, start=1) if value
                    },
                    "event_id": str(entry.event_id),
                    "provider_name": entry.provider,
                    "record_id": 1000 + number,
                },
            }
        ).encode()
        + b"\n"
        for number, entry in enumerate(entries)
    )


def event_xml(entries: Iterable[Logged], *, root: bool = True) -> bytes:
    """XML as the event viewer saves it, or without a root as `wevtutil` prints it."""
    body = "".join(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name='{escape(entry.provider)}' EventSourceName='Software Protection Platform Service'/>"
        f"<EventID Qualifiers='16384'>{entry.event_id}</EventID><Level>4</Level>"
        f"<TimeCreated SystemTime='{_iso(entry.at, 125)}'/><EventRecordID>1</EventRecordID>"
        f"<Channel>{escape(entry.channel)}</Channel><Computer>{escape(entry.host)}</Computer><Security/></System>"
        f"<EventData>{''.join(f'<Data>{escape(value)}</Data>' for value in entry.values)}</EventData></Event>"
        for entry in entries
    )
    return (f"<?xml version='1.0' encoding='utf-8'?><Events>{body}</Events>" if root else body).encode()


def get_winevent(entries: Iterable[Logged], *, depth: int = 2) -> bytes:
    """`Get-WinEvent | ConvertTo-Json` of Windows PowerShell, redirected to a file: an array, in UTF-16."""
    array = [
        {
            "Id": entry.event_id,
            "Qualifiers": 16384,
            "ProviderName": entry.provider,
            "LogName": entry.channel,
            "MachineName": entry.host,
            "TimeCreated": f"/Date({entry.at * 1000 + 375})/",
            "Properties": [
                {"Value": value} if depth > 2 else "System.Diagnostics.Eventing.Reader.EventProperty"
                for value in entry.values
            ],
            "Message": entry.message,
        }
        for entry in entries
    ]
    return json.dumps(array, indent=4).encode("utf-16")


def viewer_csv(entries: Iterable[Logged]) -> bytes:
    """What the event viewer saves as CSV on an American Windows whose clock shows UTC; it names no computer."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(["Level", "Date and Time", "Source", "Event ID", "Task Category"])
    for entry in entries:
        moment = datetime.fromtimestamp(entry.at, UTC)
        shown = (
            f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {moment:%p}"
        )
        writer.writerow(["Information", shown, entry.provider, entry.event_id, "None", entry.message])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def evtx(entries: Sequence[Logged]) -> bytes:
    """A log as Windows keeps it."""
    return evtx_file.evtx(
        evtx_file.Record(e.provider, e.event_id, e.at + 0.5, e.channel, e.host, e.values) for e in entries
    )


def _iso(seconds: int, milliseconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds:03}Z"
