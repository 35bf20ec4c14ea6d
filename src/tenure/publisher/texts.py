"""What people type into a publisher's documents: short, and safe to show in a terminal, a log or a mail."""

from __future__ import annotations

import re
from typing import Final

from tenure.core.errors import Code, UsageError

LONGEST: Final = 255
"""Characters of a name, a customer or an agreement; catalog and certificate take no more (wire)."""
LONGEST_CONTACT: Final = 1_000
LONGEST_URL: Final = 2_000

_BASE_URL: Final = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?", re.IGNORECASE)


def check_text(what: str, text: str, *, shortest: int = 0, longest: int = LONGEST) -> None:
    """Passes when the text can stand in a signed document and be printed as it is.

    Raises:
        UsageError: code `invalid_argument`: too short, too long, or with control characters in it.
    """
    if not shortest <= len(text) <= longest:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The {what} has {shortest} to {longest:,} characters; {len(text):,} were given.",
        )
    if not text.isprintable():
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The {what} has characters that cannot be printed.",
            "Leave out line breaks, tabs and other control characters.",
        )


def base_url(text: str) -> str:
    """The address to which paths are added: without a slash at its end.

    Raises:
        UsageError: code `invalid_argument`.
    """
    check_text("publisher's address", text, shortest=1, longest=LONGEST_URL)
    if not _BASE_URL.fullmatch(text):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The publisher's address is no URL of a server: {text!r}.",
            "Write it as https://activation.example, with a port if it needs one.",
        )
    return text.rstrip("/")
