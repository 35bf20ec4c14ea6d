"""TLS certificates of authorities that a test makes for itself, in files as servers and clients are given them."""

from __future__ import annotations

import ssl
import time
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tenure.adapters.files.tls_files import TlsFiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

DAY = 86_400
NAMES = ("localhost", "127.0.0.1")


@dataclass
class SimulatedCa:
    """An authority and its folder."""

    folder: Path
    ca: trustme.CA = field(default_factory=trustme.CA)

    @property
    def file(self) -> Path:
        """Its own certificate, as an administrator gives it with `--ca`."""
        path = self.folder / "ca-to-trust.pem"
        self.ca.cert_pem.write_to_path(path)
        return path

    def issue(
        self, *names: str, called: str = "server", begins_in: int = -DAY, ends_in: int = 90 * DAY
    ) -> TlsFiles:
        """A server's certificate and key in `<called>.pem` and `<called>.key`; times are seconds from now."""
        issued = self.ca.issue_cert(
            *(names or NAMES), not_before=_instant(begins_in), not_after=_instant(ends_in)
        )
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return written(self.folder, called, chain, issued.private_key_pem.bytes())


def self_signed(
    folder: Path,
    *,
    key: CertificateIssuerPrivateKeyTypes | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    names: Sequence[str] = ("localhost",),
) -> TlsFiles:
    """A certificate that vouches for itself, with further extensions, each critical or not."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server.example")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_instant(-DAY))
        .not_valid_after(_instant(90 * DAY))
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return written(folder, "self-signed", certificate.public_bytes(Encoding.PEM), pem)


def written(folder: Path, called: str, certificate: bytes, key: bytes) -> TlsFiles:
    """Both in files, the key for its owner alone."""
    files = TlsFiles(folder / f"{called}.pem", folder / f"{called}.key")
    files.certificate.write_bytes(certificate)
    files.key.touch(mode=0o600)
    files.key.write_bytes(key)
    return files


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """For a simulated server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


def speak_only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """The context speaks this version and no other, also one that is too old to be allowed by default."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of what this is for
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    return context


def _instant(seconds_from_now: int) -> datetime:
    # trustme reads times without a zone as UTC, and so does cryptography.
    return datetime.fromtimestamp(int(time.time()) + seconds_from_now, UTC).replace(tzinfo=None)
