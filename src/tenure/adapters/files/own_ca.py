"""The certificate authorities that an administrator trusts for TLS in place of the system's, kept in a home."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding

from tenure.adapters.files.atomic import read_file, unusable, write_atomically
from tenure.adapters.x509 import certificates_in
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from pathlib import Path

HOSTS_CA: Final = "ca.pem"
"""In a client's folder: for the hosts that it asks."""
PUBLISHER_CA: Final = "publisher-ca.pem"
"""In a host's or a client's folder: for the publisher."""
_LIMIT: Final = 1024 * 1024
"""Bytes; the trust store of a whole system has a quarter of it."""


class OwnCa:
    """A copy of an administrator's CA file: what is trusted does not change with a file that somebody moves away."""

    def __init__(self, path: Path) -> None:
        """Where the copy is kept."""
        self.path = path

    def kept(self) -> Path | None:
        """The file whose authorities alone are trusted; None: the system's are."""
        return self.path if self.path.exists() else None

    def keep(self, source: Path) -> str:
        """The authorities in `source`, and no others, are trusted from now on; the SHA-256 of the copy.

        Only certificates are copied: the copy is for everybody to read, and a key may stand beside them.

        Raises:
            UsageError: code `invalid_argument`, when there is no certificate in PEM form.
            LocalFault: code `home_unusable`.
        """
        copy = checked_ca(source)
        write_atomically(self.path, copy)
        return sha256(copy).hexdigest()

    def forget(self) -> None:
        """The system's authorities are trusted again.

        Raises:
            LocalFault: code `home_unusable`.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise unusable(self.path, error) from error


def checked_ca(source: Path) -> bytes:
    """The certificates in a CA file, as PEM.

    Raises:
        UsageError: code `invalid_argument`, when there is none.
    """
    data = read_file(source, limit=_LIMIT)
    if data is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {source}.", "Check the path after --ca.")
    try:
        found = certificates_in(data)
    except ValueError as error:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{source} holds no certificate in PEM form.",
            "Give the certificate of the authority (-----BEGIN CERTIFICATE-----), not its key.",
        ) from error
    return b"".join(one.public_bytes(Encoding.PEM) for one in found)
