"""What an administrator may set on a host: intervals, port, DNS publishing. All else is its publisher's to say.

Settings are text in the host's storage, and any program may have written there: what cannot be used counts as not
set, so that a bad value never keeps a host from serving.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, TenureError, UsageError
from tenure.core.policy import BOUNDS
from tenure.host.dns_options import OPTIONS_SETTING, DnsOptions, read_dns_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.host.store import HostStore

DEFAULT_PORT: Final = 1688
PORTS: Final = (1, 65_535)
DEFAULT_REFRESH_SECONDS: Final = 3_600
REFRESH_BOUNDS: Final = (300, 86_400)
"""A revoked host stops within one interval; a list is good for a week."""
_DIGITS: Final = 10
"""More than any setting has; a longer number is not even read."""


class Setting(StrEnum):
    """The names under which settings are stored. Append-only."""

    RENEWAL_INTERVAL = "renewal_interval_s"
    RETRY_INTERVAL = "retry_interval_s"
    PORT = "listening_port"
    DNS_PUBLISHING = "dns_publishing"
    DNS_OPTIONS = OPTIONS_SETTING
    REFRESH_INTERVAL = "refresh_interval_s"
    CLOCK_ACCEPTED = "clock_accepted_at"
    ACTIVATED = "activated_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """The settings of a host. None: not set, so the publisher's policy or the default holds."""

    renewal_interval_s: int | None = None
    retry_interval_s: int | None = None
    port: int | None = None
    dns_publishing: bool | None = None
    """Whether the host's server publishes it in the DNS, at its start and each day."""
    dns_options: DnsOptions | None = None
    """What it publishes there."""
    refresh_interval_s: int = DEFAULT_REFRESH_SECONDS
    """How often a running host asks its publishers what is new."""
    unusable: tuple[str, ...] = ()
    """Names of settings whose stored value cannot be used."""


def read_settings(stored: Mapping[str, str]) -> HostSettings:
    """The settings in what is stored; never raises, and names in `unusable` what counts as not set."""
    unusable: list[str] = []

    def number(setting: Setting, bounds: tuple[int, int]) -> int | None:
        value = stored_number(stored, setting, bounds)
        if value is None and setting in stored:
            unusable.append(setting.value)
        return value

    renewal = number(Setting.RENEWAL_INTERVAL, BOUNDS["renewal_interval_s"])
    retry = number(Setting.RETRY_INTERVAL, BOUNDS["retry_interval_s"])
    port = number(Setting.PORT, PORTS)
    dns = number(Setting.DNS_PUBLISHING, (0, 1))
    try:
        options = read_dns_options(stored)
    except TenureError:
        options = None
        unusable.append(Setting.DNS_OPTIONS.value)
    refresh = number(Setting.REFRESH_INTERVAL, REFRESH_BOUNDS)
    return HostSettings(
        renewal_interval_s=renewal,
        retry_interval_s=retry,
        port=port,
        dns_publishing=None if dns is None else bool(dns),
        dns_options=options,
        refresh_interval_s=refresh or DEFAULT_REFRESH_SECONDS,
        unusable=tuple(unusable),
    )


def stored_number(stored: Mapping[str, str], name: str, bounds: tuple[int, int]) -> int | None:
    """The number that is stored under a name; None: there is none, or it cannot be used."""
    text = stored.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        return None
    low, high = bounds
    return int(text) if low <= int(text) <= high else None


def set_renewal_interval(minutes: int, *, store: HostStore) -> None:
    """Leases granted from now on ask to be renewed after so many minutes, whatever the policy advises.

    Raises:
        UsageError: code `policy_out_of_bounds`.
    """
    _set_interval(Setting.RENEWAL_INTERVAL, BOUNDS["renewal_interval_s"], minutes, store)


def set_retry_interval(minutes: int, *, store: HostStore) -> None:
    """Machines below the threshold are told from now on to ask again after so many minutes.

    Raises:
        UsageError: code `policy_out_of_bounds`.
    """
    _set_interval(Setting.RETRY_INTERVAL, BOUNDS["retry_interval_s"], minutes, store)


def set_refresh_interval(minutes: int, *, store: HostStore) -> None:
    """The host's server asks its publishers every so many minutes from now on, counted from when it asked last.

    Raises:
        UsageError: code `policy_out_of_bounds`.
    """
    _set_interval(Setting.REFRESH_INTERVAL, REFRESH_BOUNDS, minutes, store)


def set_port(port: int, *, store: HostStore) -> None:
    """The host's server listens on this TCP port from its next start on, unless it is given another one.

    Raises:
        UsageError: code `invalid_argument`.
    """
    low, high = PORTS
    if not low <= port <= high:
        raise UsageError(Code.INVALID_ARGUMENT, f"A port is {low} to {high}; {port} was given.")
    store.save_setting(Setting.PORT, str(port))


def set_dns_publishing(*, on: bool, store: HostStore) -> None:
    """The host's server publishes it in the DNS from now on, within a minute; or does not, and leaves what is there."""
    store.save_setting(Setting.DNS_PUBLISHING, str(int(on)))


def _set_interval(setting: Setting, bounds: tuple[int, int], minutes: int, store: HostStore) -> None:
    low, high = (seconds // 60 for seconds in bounds)
    if not low <= minutes <= high:
        raise UsageError(
            Code.POLICY_OUT_OF_BOUNDS,
            f"The interval is {low} to {high:,} minutes; {minutes:,} was given.",
        )
    store.save_setting(setting, str(minutes * 60))
