"""What one machine or host said about its license at one moment, wherever it was read."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

STATES: Final = (
    "unlicensed",
    "licensed",
    "initial_grace",
    "additional_grace",
    "non_genuine_grace",
    "notification",
    "extended_grace",
)
"""The license states, by Microsoft's code (SoftwareLicensingProduct.LicenseStatus)."""


class RequestCounters(Struct, frozen=True):
    """A host's counters since its key was installed."""

    total: int = 0
    failed: int = 0
    """From machines that its key does not cover."""
    by_state: tuple[int, ...] = ()
    """By the state before the request: unlicensed, licensed, initial grace, additional grace, non-genuine, notification."""


class LicenseSnapshot(Struct, frozen=True, kw_only=True):
    """One product of one machine. What was not told is None, or empty."""

    name: str
    """The machine: by the object itself, else by the file's name."""
    taken_at: int
    """When the file was written; the text has no time that can be trusted."""
    product: str = ""
    description: str = ""
    channel: str = ""
    """Such as VOLUME_KMSCLIENT, VOLUME_KMS_2012-R2_WIN10, OEM_DM."""
    activation_id: str = ""
    partial_key: str = ""
    state: int | None = None
    reason: int | None = None
    """The HRESULT of a notification."""
    minutes: int | None = None
    """Until the state ends."""
    cmid: str = ""
    kms_host: str = ""
    directory_object: str = ""
    """Set when the machine was activated through Active Directory."""
    is_host: bool = False
    count: int | None = None
    """A host's count, as it says."""
    port: int | None = None
    dns_publishing: bool | None = None
    counters: RequestCounters | None = None
    error: int | None = None
    """Of a failed `/ato` in the same text."""

    @property
    def is_kms_client(self) -> bool:
        """Whether the machine holds a generic volume key."""
        return self.channel.upper() == "VOLUME_KMSCLIENT"
