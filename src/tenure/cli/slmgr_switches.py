"""The switches of `slmgr`, and what somebody typed: a table and a parser, without any effect.

The names and parameters are Microsoft's (kms-facts, section 6); `Meaning` says what each is here.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

LIST: Final = "tenure slmgr /? lists the switches."
_DASHES: Final = "/-\u2010\u2011\u2012\u2013\u2014\u2212"
"""A slash, a hyphen, and what word processors make of a hyphen."""
_MANGLED: Final = re.compile(r"[A-Za-z]:[/\\].*[/\\]([A-Za-z-]+)")
"""What Git Bash makes of `/dli` before any program sees it: `C:/Program Files/Git/dli`."""


class Meaning(Enum):
    """What a switch is here."""

    WORKS = "works"
    LATER = "comes later"
    NONE = "has no meaning here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One switch. Parameters in brackets may be left away."""

    name: str
    parameters: tuple[str, ...] = ()
    does: str
    """What it does here, or why it does nothing."""
    meaning: Meaning = Meaning.WORKS
    instead: str = ""
    """What to use where it does nothing."""

    @property
    def typed(self) -> str:
        """How it is written."""
        return " ".join((f"/{self.name}", *self.parameters))


def _later(name: str, *parameters: str, does: str, instead: str) -> Switch:
    return Switch(name=name, parameters=parameters, does=does, meaning=Meaning.LATER, instead=instead)


def _nothing(name: str, *parameters: str, does: str, instead: str) -> Switch:
    return Switch(name=name, parameters=parameters, does=does, meaning=Meaning.NONE, instead=instead)


_SMART_CARD: Final = (
    "Activation by token needs a smart card and Microsoft's issuance licenses, which do not exist here."
)
_OEM: Final = (
    "License files are what Microsoft and OEMs ship; here the publisher's catalog says what is licensed."
)
_USE_HOST: Final = "Activate through a host: /skms HOST, then /ato."
_DIRECTORY: Final = "Activation through a directory is not built yet."

SWITCHES: Final[dict[str, Switch]] = {
    switch.name: switch
    for switch in (
        # Keys and activation, machine and host alike
        Switch(
            name="ipk",
            parameters=("KEY",),
            does="install a product key: a generic key on this machine, a host key on this host",
        ),
        Switch(
            name="ato",
            parameters=("[ID]",),
            does="activate now: the machine's products at their host; a host at its publisher",
        ),
        Switch(name="dli", parameters=("[ID|all]",), does="license information, short"),
        Switch(name="dlv", parameters=("[ID|all]",), does="license information, detailed"),
        Switch(name="xpr", parameters=("[ID|all]",), does="when the present license status ends"),
        Switch(name="upk", parameters=("[ID]",), does="remove a product's key and its lease"),
        Switch(name="cpky", does="say where keys are kept; there is no registry to clear"),
        Switch(name="rearm", does="new machine id (CMID), leases dropped; no restart, no new days"),
        # Without a network
        Switch(
            name="dti",
            parameters=("[ID]",),
            does="show the installation ID: a request to the publisher as a text block, to be carried there",
        ),
        Switch(
            name="atp",
            parameters=("CONFIRMATION", "[ID]"),
            does="take the publisher's confirmation: a file, `-` for standard input, or its text in quotes",
        ),
        # A machine and its hosts
        Switch(
            name="skms",
            parameters=("HOST[:PORT]|:PORT|auto",),
            does="ask this activation host; `auto` is /ckms",
        ),
        Switch(name="ckms", does="forget the host that was set, and look for hosts in DNS"),
        Switch(
            name="skms-domain",
            parameters=("DOMAIN",),
            does="look for hosts in this domain only",
        ),
        Switch(name="ckms-domain", does="forget that domain"),
        Switch(name="skhc", does="host caching on: ask the host that answered first again"),
        Switch(name="ckhc", does="host caching off: go by the records alone, each time"),
        Switch(
            name="act-type", parameters=("[0|1|2|3]",), does="0 and 2 are what holds here: through a host"
        ),
        # An activation host
        Switch(name="sai", parameters=("MINUTES",), does="set the activation (retry) interval of this host"),
        Switch(name="sri", parameters=("MINUTES",), does="set the renewal interval of this host"),
        Switch(name="sprt", parameters=("PORT",), does="set the port on which this host listens"),
        Switch(name="sdns", does="this host publishes itself in DNS, now and daily"),
        Switch(name="cdns", does="it does not any more; records that are there stay"),
        Switch(name="spri", does="accepted; a host has no priority class"),
        Switch(name="cpri", does="accepted; a host has no priority class"),
        # What comes later
        _later("ad-activation-online", "KEY", "[NAME]", does=_DIRECTORY, instead=_USE_HOST),
        _later("ad-activation-get-iid", "KEY", does=_DIRECTORY, instead=_USE_HOST),
        _later(
            "ad-activation-apply-cid",
            "KEY",
            "CONFIRMATION_ID",
            "[NAME]",
            does=_DIRECTORY,
            instead=_USE_HOST,
        ),
        _later("ao-list", does=_DIRECTORY, instead=_USE_HOST),
        _later("del-ao", "NAME", does=_DIRECTORY, instead=_USE_HOST),
        # What has no meaning here
        _nothing(
            "ilc",
            "FILE",
            does=_OEM,
            instead="Give the catalog: tenure client install-key KEY --catalog FILE.",
        ),
        _nothing("rilc", does=_OEM, instead="Catalogs renew themselves at every contact: /ato."),
        _nothing(
            "rearm-app", "ID", does="There is one license service for all products.", instead="Use /rearm."
        ),
        _nothing(
            "rearm-sku",
            "ID",
            does="The machine id is one for all products.",
            instead="Use /rearm, or /upk ID.",
        ),
        _nothing("lil", does=_SMART_CARD, instead=_USE_HOST),
        _nothing("ril", "ILID", "ILVID", does=_SMART_CARD, instead=_USE_HOST),
        _nothing("ltc", does=_SMART_CARD, instead=_USE_HOST),
        _nothing("fta", "THUMBPRINT", "[PIN]", does=_SMART_CARD, instead=_USE_HOST),
        _nothing("stao", does=_SMART_CARD, instead="Use /act-type."),
        _nothing("ctao", does=_SMART_CARD, instead="Use /act-type."),
    )
}
"""Every switch of slmgr.vbs, by its name."""

_ONE_FOR_ALL: Final = frozenset({"skms", "ckms", "skms-domain", "ckms-domain", "act-type"})
"""Switches that take an activation id at Microsoft; here they hold for the whole machine."""


@dataclass(frozen=True, slots=True)
class Request:
    """A switch that works, and what stands after it."""

    switch: Switch
    arguments: tuple[str, ...]

    @property
    def first(self) -> str | None:
        """Its first argument."""
        return self.arguments[0] if self.arguments else None


def parse_words(words: Sequence[str]) -> Request:
    """What was typed after `tenure slmgr`: one switch, in any case, with `/` or `-`, and its arguments.

    Raises:
        UsageError: `not_available` for a switch that does nothing here, naming what to use; else `invalid_argument`.
    """
    if not words:
        raise _invalid("No switch was given.", LIST)
    if mangled := _MANGLED.fullmatch(words[0]):
        raise _invalid(
            f"The shell turned the switch into a path: {words[0]!r}.", f"Write -{mangled[1]} in Git Bash."
        )
    if words[0][:1] not in _DASHES:
        raise _remote(words)
    name = words[0][1:].lower()
    switch = SWITCHES.get(name)
    if switch is None:
        close = difflib.get_close_matches(name, SWITCHES, n=1)
        hint = f"Did you mean /{close[0]}? " if close else ""
        raise _invalid(f"There is no switch {words[0][:100]!r}.", hint + LIST)
    if switch.meaning is not Meaning.WORKS:
        raise UsageError(Code.NOT_AVAILABLE, f"/{name} {switch.meaning.value}. {switch.does}", switch.instead)
    arguments = tuple(words[1:])
    _check_number(switch, arguments)
    return Request(switch, arguments)


def as_number(request: Request) -> int:
    """The argument as a whole number.

    Raises:
        UsageError: code `invalid_argument`.
    """
    text = request.first or ""
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - nine digits are more than any has
        raise _invalid(
            f"{text[:100]!r} is no whole number.", f"Write it as in: tenure slmgr {request.switch.typed}."
        )
    return int(text)


def usage() -> list[str]:
    """Every switch with what it does, in lines."""
    width = max(len(switch.typed) for switch in SWITCHES.values() if switch.meaning is Meaning.WORKS)
    lines = [
        f"  {switch.typed.ljust(width)}  {switch.does}"
        for switch in SWITCHES.values()
        if switch.meaning is Meaning.WORKS
    ]
    for meaning in (Meaning.LATER, Meaning.NONE):
        names = " ".join(f"/{switch.name}" for switch in SWITCHES.values() if switch.meaning is meaning)
        lines.append(f"  {meaning.value}: {names}")
    return lines


def _check_number(switch: Switch, arguments: Sequence[str]) -> None:
    needed = sum(not parameter.startswith("[") for parameter in switch.parameters)
    if len(arguments) < needed:
        raise _invalid(f"/{switch.name} needs {switch.parameters[len(arguments)]}.", f"Write: {switch.typed}")
    if len(arguments) <= len(switch.parameters):
        return
    if switch.name in _ONE_FOR_ALL and len(arguments) == len(switch.parameters) + 1:
        raise _invalid(
            f"/{switch.name} holds for the whole machine, not for one activation id.",
            f"Leave the id away: {switch.typed}",
        )
    raise _invalid(
        f"/{switch.name} takes {len(switch.parameters) or 'no'} parameters; {len(arguments)} were given.",
        f"One switch at a time: {switch.typed}",
    )


def _remote(words: Sequence[str]) -> UsageError:
    """A computer's name before the switch. What follows it may be a password, so nothing else is repeated."""
    computer = words[0][:100]
    at = next((place for place, word in enumerate(words) if word[:1] in _DASHES), None)
    switch = words[at] if at is not None and words[at][1:].lower() in SWITCHES else "/dli"
    return _invalid(
        f"{computer!r} is a computer's name or no switch; this command works on this machine only.",
        f"Over ssh: ssh {computer} tenure slmgr {switch}. Over WinRM: "
        f"Invoke-Command -ComputerName {computer} {{ tenure slmgr {switch} }}.",
    )


def _invalid(detail: str, cure: str) -> UsageError:
    return UsageError(Code.INVALID_ARGUMENT, detail, cure)
