"""The DNS domain that a check looks at, as an administrator types it."""

from __future__ import annotations

from typing import Final

from tenure.core.dns_name import LONGEST, parse_dns_name

SERVICE: Final = "_vlmcs._tcp"
"""Where Windows and Office look for a KMS host (kms-facts, section 5)."""
TENURE_SERVICE: Final = "_tenure._tcp"
"""Where Tenure publishes its own hosts (design, section 1)."""
_LONGEST: Final = LONGEST - len(f"{TENURE_SERVICE}.")
"""The service's labels come on top."""


def parse_domain(typed: str) -> str:
    """The domain in lower case without a final dot; other letters come in their xn-- form.

    A whole `_vlmcs._tcp.DOMAIN` is taken as DOMAIN.

    Raises:
        UsageError: code `invalid_argument`; says what it is instead of a domain.
    """
    text = typed.strip()
    above = f"{SERVICE}."
    if text.lower().startswith(above):
        text = text[len(above) :]
    return parse_dns_name(text, what="DNS domain", example="corp.example.com", longest=_LONGEST)


def service_name(domain: str) -> str:
    """Under which name a domain's KMS hosts stand."""
    return f"{SERVICE}.{domain}"


def parent(domain: str) -> str | None:
    """The domain above; None where only a top-level domain is."""
    _, _, above = domain.partition(".")
    return above if "." in above else None
