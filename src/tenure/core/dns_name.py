"""Names in the DNS, as an administrator types them."""

from __future__ import annotations

import re
from typing import Final

from tenure.core.errors import Code, UsageError

LONGEST: Final = 253
"""Characters of a whole name (RFC 1035, section 2.3.4)."""
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
"""Underscores are no part of a host's name by RFC 952, but Windows allows them and services begin with one."""


def parse_dns_name(typed: str, *, what: str, example: str, longest: int = LONGEST) -> str:
    """The name in lower case without a final dot; other letters come in their xn-- form.

    What is taken holds nothing but letters, digits, hyphens, underscores and dots, so that it can stand in any
    script or zone file. `what` is what it should name, as in "zone"; `example` is a right one, for the cure. A name that
    others are to stand below has less than the `longest`.

    Raises:
        UsageError: code `invalid_argument`; says what it is instead.
    """
    text = typed.strip().removesuffix(".")
    lower = _ascii(text).lower() if len(text) <= longest else None
    why = None
    if lower is None or len(lower) > longest:
        why = f"it has more than {longest} characters"
    elif not lower:
        why = "it is empty"
    elif re.fullmatch(r"[0-9.]+|.*:.*", lower):
        why = "it is an address, or has a port"
    elif not is_dns_name(lower):
        why = "a name is words of letters, digits and hyphens with dots between them"
    if why is not None or lower is None:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"{text[:60]!a} is no {what}: {why}.", f"Write it as {example}."
        )
    return lower


def is_dns_name(text: str) -> bool:
    """Whether it is labels with dots between them, in any case; numbers alone, as an IPv4 address has, are labels too."""
    return len(text) <= LONGEST and all(_LABEL.fullmatch(label) for label in text.split("."))


def lies_in(name: str, domain: str) -> bool:
    """Whether a name is the domain or stands below it."""
    return name == domain or name.endswith(f".{domain}")


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        # Not a name at all: no label of the DNS has it, which the caller then says.
        return "?"
