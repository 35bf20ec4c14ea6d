"""Under which name activation hosts stand in the DNS: what one side publishes, the other looks up (RFC 2782)."""

from __future__ import annotations

import re
from typing import Final

from tenure.core.errors import Code, Refused, UsageError

DEFAULT_LABEL: Final = "_tenure"
_LABEL: Final = re.compile(r"_[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?")
_MICROSOFTS: Final = "_vlmcs"
"""Windows and Office look there for a genuine KMS host (kms-facts, section 5)."""


def parse_label(typed: str) -> str:
    """The service's label that was typed, in lower case.

    Raises:
        UsageError: code `invalid_argument`.
        Refused: code `foreign_service`, for Microsoft's label: its clients would ask a server that does not answer
            them, and ours a server that is no host of Tenure (ADR 0001).
    """
    label = typed.strip().lower()
    if label == _MICROSOFTS:
        raise Refused(
            Code.FOREIGN_SERVICE,
            f"The label {label} belongs to Microsoft's clients: they look for a genuine KMS host there.",
            f"Use {DEFAULT_LABEL}, or a label of your own.",
        )
    if not _LABEL.fullmatch(label):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{typed[:100]!r} is no label of a service.",
            f"Write one label that begins with an underscore, as in {DEFAULT_LABEL}.",
        )
    return label


def service_name(label: str, domain: str) -> str:
    """The name of the SRV records of a domain's hosts."""
    return f"{label}._tcp.{domain}"
