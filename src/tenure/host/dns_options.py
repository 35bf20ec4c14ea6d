"""What an administrator says about publishing a host in the DNS: checked, laid over what was saved, and stored."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import msgspec

from tenure.core.dns_name import LONGEST, parse_dns_name
from tenure.core.errors import Code, UsageError
from tenure.wire.srv_label import DEFAULT_LABEL, parse_label, service_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.host.store import HostStore

OPTIONS_SETTING: Final = "dns_options"
HOST_EXAMPLE: Final = "host.corp.example"
MAX_ZONES: Final = 32
MAX_ADDRESSES: Final = 16
_BOUNDS: Final = {
    "port": (1, 65_535),
    "priority": (0, 65_535),
    "weight": (0, 65_535),
    "ttl": (0, 604_800),  # a week: a host that is gone should not be remembered for longer
}
_LONGEST_TEXT: Final = 4_096
"""Characters of a path or an address of a server: what Linux takes for a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsOptions:
    """What was said. None and empty: not said, so `host.dns_plan` has the default."""

    zones: tuple[str, ...] = ()
    """The domains in which machines look."""
    server: str | None = None
    """`ADDRESS:PORT` of the server that takes updates."""
    key_file: str | None = None
    """The absolute path of the TSIG key. The key itself is never stored."""
    target: str | None = None
    port: int | None = None
    priority: int | None = None
    weight: int | None = None
    ttl: int | None = None
    """Seconds."""
    label: str | None = None
    addresses: tuple[str, ...] = ()
    """IP addresses of the target, to be published beside it."""
    own_address: bool | None = None
    """Whether the address from which this machine reaches the DNS server is published beside it."""

    def over(self, saved: DnsOptions) -> DnsOptions:
        """What is said here, and what was saved where nothing is. The two ways to say addresses go together."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        said = {name: value for name, value in own.items() if value not in (None, ())}
        if "addresses" in said or "own_address" in said:
            said = {"addresses": (), "own_address": None, **said}
        return replace(saved, **said)


def check(options: DnsOptions) -> DnsOptions:
    """The same options with names in one spelling and nothing twice.

    Raises:
        UsageError: code `invalid_argument`; says which value is wrong.
        Refused: code `foreign_service`: the label is Microsoft's.
    """
    if len(options.zones) > MAX_ZONES or len(options.addresses) > MAX_ADDRESSES:
        raise _invalid(f"At most {MAX_ZONES} zones and {MAX_ADDRESSES} addresses can be named.")
    for name, (low, high) in _BOUNDS.items():
        value = getattr(options, name)
        if value is not None and not low <= value <= high:
            raise _invalid(f"The {name} is {low} to {high:,}; {value:,} was given.")
    if any(len(text or "") > _LONGEST_TEXT for text in (options.server, options.key_file)):
        raise _invalid(f"A path has at most {_LONGEST_TEXT:,} characters.")
    label = options.label if options.label is None else parse_label(options.label)
    zones = [parse_dns_name(zone, what="zone", example="corp.example") for zone in options.zones]
    for zone in zones:
        if len(service_name(label or DEFAULT_LABEL, zone)) > LONGEST:
            raise _invalid(f"{zone[:60]}... is too long: no name of a service fits below it.")
    target = options.target
    return replace(
        options,
        zones=tuple(dict.fromkeys(zones)),
        target=target if target is None else _host_name(target),
        label=label,
        addresses=tuple(dict.fromkeys(checked_address(address) for address in options.addresses)),
    )


def checked_address(typed: str) -> str:
    """An IP address under which other machines can reach a host, in its usual spelling.

    Raises:
        UsageError: code `invalid_argument`: no address, or one that means something else on every machine.
    """
    try:
        address = ipaddress.ip_address(typed.strip())
    except ValueError as error:
        raise _invalid(f"{typed[:60]!a} is no IP address.") from error
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local:
        raise _invalid(
            f"No other machine reaches this host under {address}.",
            "Name the address that it has on the network: --address 10.0.0.5.",
        )
    return str(address)


def read_dns_options(stored: Mapping[str, str]) -> DnsOptions | None:
    """The options that were saved, none where there are none.

    Raises:
        UsageError, Refused: what is stored cannot be used, as `check` says.
    """
    text = stored.get(OPTIONS_SETTING)
    if text is None:
        return None
    try:
        return check(msgspec.json.decode(text, type=DnsOptions))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _invalid("What was saved about publishing in the DNS cannot be read.") from error


def save_dns_options(options: DnsOptions, *, store: HostStore) -> None:
    """These options, checked before, hold whenever nothing else is said."""
    said = {field.name: getattr(options, field.name) for field in fields(options)}
    kept = {name: value for name, value in said.items() if value not in (None, ())}
    store.save_setting(OPTIONS_SETTING, msgspec.json.encode(kept).decode())


def _host_name(typed: str) -> str:
    return parse_dns_name(typed, what="name of a host", example=HOST_EXAMPLE)


def _invalid(detail: str, cure: str = "") -> UsageError:
    return UsageError(Code.INVALID_ARGUMENT, detail, cure)
