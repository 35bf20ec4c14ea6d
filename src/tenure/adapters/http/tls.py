"""TLS as a client: who is trusted, and what a handshake that failed means, in words."""

from __future__ import annotations

import ssl
from http.client import BadStatusLine
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LOWEST: Final = ssl.TLSVersion.TLSv1_2
"""TLS 1.0 and 1.1 are deprecated (RFC 8996)."""

_NOT_OURS: Final = (
    "its TLS certificate is from an authority that is not trusted here",
    "If it is your own, trust it: --ca FILE. If it is a public one, the server's file lacks those between.",
)
UNTRUSTED: Final[dict[int, tuple[str, str]]] = {
    9: (
        "its TLS certificate is not valid yet",
        "Check both clocks; the server's administrator may have to wait.",
    ),
    10: ("its TLS certificate has expired", "Its administrator renews it; check this machine's clock, too."),
    18: (
        "its TLS certificate is self-signed, by nobody who is trusted here",
        "If it is the right one, trust it: --ca FILE with that certificate. Better: one from your own authority.",
    ),
    19: _NOT_OURS,
    20: _NOT_OURS,
    21: _NOT_OURS,
    62: (
        "its TLS certificate is for another name",
        "Use a name that stands in it (tenure client check-host shows them), or have it issued for this name.",
    ),
    64: (
        "its TLS certificate is not for this IP address",
        "Use the server's name instead of its address, or have the certificate issued for the address.",
    ),
}
"""What X.509 verification found wrong (`X509_V_ERR_...` of OpenSSL): what is told, and what to do."""

_TOO_OLD: Final = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "HANDSHAKE_FAILURE", "NO_PROTOCOLS_AVAILABLE")
_ALERT: Final = "\x15\x03"
"""How a TLS alert begins (RFC 8446, section 5.1): what a TLS server answers to plain HTTP."""


def client_context(ca: Path | None) -> ssl.SSLContext:
    """Certificates are verified, names are checked, and nothing older than TLS 1.2 is spoken.

    With `ca` the authorities in that file are trusted and no others; else the system's.

    Raises:
        OSError: the file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = LOWEST
    return context


def distrust(error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    """Why a certificate was not trusted, and what to do about it."""
    usual = f"its TLS certificate cannot be verified: {error.verify_message}"
    return UNTRUSTED.get(
        error.verify_code, (usual, "Its administrator has to look: tenure host status there.")
    )


def handshake_failure(error: ssl.SSLError) -> tuple[str, str]:
    """Why there was no TLS connection at all, and what to do about it."""
    reason = error.reason or str(error)
    if any(word in reason for word in _TOO_OLD):
        return "it speaks no TLS that is allowed here (1.2 or newer)", "Its administrator has to update it."
    if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}:
        return (
            "what answers there does not speak TLS",
            "TLS is demanded, so nothing was sent without it. Its administrator sets it up: tenure host tls.",
        )
    return f"the TLS handshake failed ({reason.replace('_', ' ').lower()})", ""


def is_alert(error: BaseException) -> bool:
    """Whether plain HTTP was answered by a TLS alert."""
    return isinstance(error, BadStatusLine) and str(error).startswith(_ALERT)
