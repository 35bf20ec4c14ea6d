"""The DNS domain that a check looks at, as an administrator types it."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from tenure.core.errors import Code, UsageError

SERVICE: Final = "_vlmcs._tcp"
"""Where Windows and Office look for a KMS host (kms-facts, section 5)."""
TENURE_SERVICE: Final = "_tenure._tcp"
"""Where Tenure publishes its own hosts (design, section 1)."""
_LONGEST: Final = 253 - len(f"{TENURE_SERVICE}.")
"""A whole name has 253 characters at most (RFC 1035, section 2.3.4); the service's labels come on top."""
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


def parse_domain(typed: str) -> str:
    """The domain in lower case without a final dot; other letters come in their xn-- form.

    A whole `_vlmcs._tcp.DOMAIN` is taken as DOMAIN.

    Raises:
        UsageError: code `invalid_argument`; says what it is instead of a domain.
    """
    text = typed.strip().removesuffix(".")
    if len(text) > _LONGEST:
        raise _invalid(text[:40] + "...", f"it has more than {_LONGEST} characters")
    if not text:
        raise _invalid(text, "it is empty")
    if _is_address(text):
        raise _invalid(text, "it is an IP address")
    lower = _ascii(text).lower().removeprefix(f"{SERVICE}.")
    if len(lower) > _LONGEST or not all(_LABEL.fullmatch(label) for label in lower.split(".")):
        raise _invalid(text, "a domain is words of letters, digits and hyphens with dots between them")
    return lower


def service_name(domain: str) -> str:
    """Under which name a domain's KMS hosts stand."""
    return f"{SERVICE}.{domain}"


def parent(domain: str) -> str | None:
    """The domain above; None where only a top-level domain is."""
    _, _, above = domain.partition(".")
    return above if "." in above else None


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise _invalid(text, "its letters have no xn-- form") from error


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _invalid(text: str, why: str) -> UsageError:
    return UsageError(
        Code.INVALID_ARGUMENT,
        f"{text!r} is no DNS domain: {why}.",
        "Name the domain in which the machines look for their KMS host, such as corp.example.com.",
    )
