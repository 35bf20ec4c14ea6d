"""What the event log of KMS hosts and clients says, as facts; and which entries are taken as facts at all.

The log is hostile input: every program of an administrator can write to it, and some hide things there. An entry is
taken only when its provider, its id, its channel (where one is told) and the shape of its fields fit together; that
makes it plausible, not true. Sources: the event table of Microsoft's Volume Activation guides.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

PROVIDERS: Final = frozenset(
    name.lower()
    for name in (
        "Microsoft-Windows-Security-SPP",  # Windows 7 and later
        "Microsoft-Windows-Security-Licensing-SLC",  # Vista and 2008; still printed by later ones
        "Software Protection Platform Service",  # the first one's event source name
        "KmsRequests",  # the classic source of the log "Key Management Service"
        "Security-SPP",  # as the event viewer shows the first two
        "Security-Licensing-SLC",
    )
)
"""Who writes about KMS, in lower case."""

KMS_CHANNEL: Final = "key management service"
APPLICATION_CHANNEL: Final = "application"

REQUEST_SENT: Final = 12288
ANSWER_CHECKED: Final = 12289
REQUEST_PROCESSED: Final = 12290
HOST_NOT_STARTED: Final = 12291
TIMER_NOT_STARTED: Final = 12292
DNS_FAILED: Final = 12293
DNS_PUBLISHED: Final = 12294
DIRECTORY_ACTIVATED: Final = 12308

CHANNELS: Final = {
    REQUEST_SENT: APPLICATION_CHANNEL,
    ANSWER_CHECKED: APPLICATION_CHANNEL,
    REQUEST_PROCESSED: KMS_CHANNEL,
    HOST_NOT_STARTED: APPLICATION_CHANNEL,
    TIMER_NOT_STARTED: APPLICATION_CHANNEL,
    DNS_FAILED: APPLICATION_CHANNEL,
    DNS_PUBLISHED: APPLICATION_CHANNEL,
    DIRECTORY_ACTIVATED: APPLICATION_CHANNEL,
}
"""The ids that are facts of ours, and the channel of each."""


class Entry(Struct):
    """One entry of a log, whatever file it was in, before anything is believed."""

    event_id: int
    provider: str
    at: int | None
    """When it was logged, in Unix seconds, floored; None: not told, or not understood."""
    computer: str
    """Who logged it; empty: not told."""
    channel: str = ""
    """Empty: not told."""
    values: tuple[str, ...] = ()
    """Its data elements in order."""
    message: str = ""
    """Its rendered text, for exports that keep no data elements."""


class KmsRequest(Struct, frozen=True):
    """12290: a host processed the request of a machine. The state is the one before it."""

    host: str
    at: int
    cmid: str
    """Lower case."""
    name: str
    sku: str
    """The activation id of the product, in lower case."""
    hresult: int
    """0: accepted."""
    minimum: int
    """How many machines the product wants to see: 25 or 5."""
    client_at: int
    """By the machine's own clock; -1: not understood."""
    virtual: bool
    state: int
    minutes: int
    """Until that state ends."""


class ClientRequest(Struct, frozen=True, tag="12288"):
    """12288: a machine sent a request, or could not."""

    computer: str
    at: int
    cmid: str
    server: str
    sku: str
    hresult: int
    flags: int
    state: int
    minutes: int
    minimum: int


class ClientAnswer(Struct, frozen=True, tag="12289"):
    """12289: a machine checked the host's answer."""

    computer: str
    at: int
    hresult: int
    flags: int
    activated: bool
    count: int
    """The host's count, as it told the machine."""
    activation_interval: int
    renewal_interval: int


class HostTrouble(Struct, frozen=True, tag="trouble"):
    """12291, 12292: the service of a host could not start its work."""

    computer: str
    at: int
    event_id: int
    hresult: int


class DnsPublication(Struct, frozen=True, tag="dns"):
    """12293, 12294: a host published its DNS record in a domain, or could not."""

    computer: str
    at: int
    domain: str
    hresult: int
    """0: published."""


class DirectoryActivation(Struct, frozen=True, tag="12308"):
    """12308: a machine was activated through Active Directory."""

    computer: str
    at: int
    sku: str
    object_name: str


Happening: TypeAlias = ClientRequest | ClientAnswer | HostTrouble | DnsPublication | DirectoryActivation
"""Every fact but a request at a host."""

Fact: TypeAlias = KmsRequest | Happening


class Unrelated(Struct, frozen=True):
    """An entry that is about something else."""

    event_id: int


class NotUnderstood(Struct, frozen=True):
    """Something that should have been a fact and is none, in words that a person understands."""

    reason: str
    example: str = ""
    """What was found, as it stood in the file: for a terminal it must be made safe first."""
