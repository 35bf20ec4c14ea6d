"""The certificate and the private key with which a server speaks TLS: where they lie, and whether they can be used."""

from __future__ import annotations

import os
import ssl
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from msgspec import Struct

from tenure.adapters.files.atomic import read_file, unusable, write_atomically
from tenure.adapters.x509 import certificates_in, server_certificate
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenure.core.server_certificate import ServerCertificate

    PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

    TlsSource: TypeAlias = Callable[[], "TlsFiles | None"]
    """Where a server's TLS files are at this moment; None: it is to serve plain HTTP."""

_LIMIT: Final = 1024 * 1024
"""Bytes of a certificate chain or a key; a real one has under 20,000."""
_RSA_BITS: Final = {2048, 3072, 4096}
_RSA_EXPONENT: Final = 65_537
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1)
_CRITICAL: Final = {
    x509.BasicConstraints.oid,
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.SubjectAlternativeName.oid,
    x509.NameConstraints.oid,
}
"""Extensions that granian's TLS (rustls) understands. One that it does not, or another kind of key, ends the whole
process where it should refuse (ADR 0005): so nothing else ever gets there."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Two PEM files; a path may be a link that changes (certbot's `live/`), so it is never resolved."""

    certificate: Path
    """The server's own certificate first, then those of the authorities between it and the root."""
    key: Path


@dataclass(frozen=True, slots=True)
class TlsPair:
    """A certificate and its key as they were read, both checked."""

    certificate_pem: bytes
    key_pem: bytes
    own_der: bytes
    """The server's own certificate, as peers see it."""
    facts: ServerCertificate


def no_tls() -> TlsFiles | None:
    """`TlsSource` of a server that serves plain HTTP."""
    return None


def read_pair(files: TlsFiles) -> TlsPair:
    """The certificate and the key in the files, fit to be served.

    1. only its owner and its group may read the key; 2. there are certificates; 3. the key is not encrypted; 4. it is
    the certificate's; 5. it is of a kind, and the certificate of a form, that the server can use.

    Raises:
        LocalFault: code `tls_files_unusable`, naming the file and what to do.
    """
    certificate_pem = _read(files.certificate)
    # 1
    _refuse_open_key(files.key)
    key_pem = _read(files.key)
    # 2
    try:
        chain = certificates_in(certificate_pem)
    except ValueError as error:
        raise _bad(
            files.certificate, "holds no certificate in PEM form", "Convert it with openssl x509."
        ) from error
    # 3
    key = _key(files.key, key_pem)
    # 4
    if key.public_key() != chain[0].public_key():
        raise _bad(
            files.key,
            f"is not the key of the first certificate in {files.certificate}",
            "Give the key that the certificate was issued for; the server's own certificate stands first.",
        )
    # 5
    _refuse_unusable_form(files.certificate, chain[0])
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
    except (ssl.SSLError, OSError) as error:
        raise _bad(files.certificate, f"is refused by TLS ({error})", "Have it issued anew.") from error
    return TlsPair(
        certificate_pem=b"".join(one.public_bytes(Encoding.PEM) for one in chain),
        key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        own_der=chain[0].public_bytes(Encoding.DER),
        facts=server_certificate(chain[0]),
    )


def stamp_of(files: TlsFiles | None) -> object:
    """Equal stamps mean that neither a file nor its place was changed; no file is opened."""
    if files is None:
        return None
    return files, _stamp(files.certificate), _stamp(files.key)


class TlsSetting:
    """Where a server's TLS files are, kept in one file of its folder: they belong to this machine, not to a database."""

    def __init__(self, path: Path) -> None:
        """Nothing is made before something is set."""
        self._path = path

    def read(self) -> TlsFiles | None:
        """The files that are set; None: plain HTTP.

        Raises:
            LocalFault: code `tls_files_unusable`, when the setting is damaged: plain HTTP is no way out of that.
        """
        data = read_file(self._path, limit=_LIMIT)
        if data is None:
            return None
        try:
            kept = msgspec.json.decode(data, type=_SettingFile)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _bad(self._path, "is damaged", "Set TLS again with the command tls.") from error
        folder = self._path.parent
        return TlsFiles(folder / kept.certificate, folder / kept.key)

    def save(self, files: TlsFiles | None) -> None:
        """These files are set; None: the server is to serve plain HTTP.

        Raises:
            LocalFault: code `home_unusable`.
        """
        if files is None:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                raise unusable(self._path, error) from error
            return
        kept = _SettingFile(certificate=str(files.certificate), key=str(files.key))
        write_atomically(self._path, msgspec.json.encode(kept))


class _SettingFile(Struct, frozen=True, kw_only=True):
    certificate: str
    key: str


def _read(path: Path) -> bytes:
    try:
        data = read_file(path, limit=_LIMIT)
    except LocalFault as error:
        raise _bad(path, "cannot be read", "Check its rights, and which user the server runs as.") from error
    if data is None:
        raise _bad(path, "does not exist", "Check the path.")
    return data


def _refuse_open_key(path: Path) -> None:
    """Who can read a server's key can pass for the server. Windows keeps rights elsewhere than in the mode."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # reading it says what is wrong
    if os.name != "nt" and mode & stat.S_IRWXO:
        raise _bad(
            path, f"is open to every user (mode {stat.S_IMODE(mode):04o})", f"Close it: chmod 0600 {path}"
        )


def _key(path: Path, pem: bytes) -> PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise _bad(
            path,
            "is encrypted, and a server that starts by itself has nobody to ask for the password",
            f"Write it without one, for the server's user alone: umask 077; openssl pkey -in {path} -out NEW",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _bad(
            path,
            "holds no private key in PEM form",
            "Convert it with openssl pkey; its file is written whole.",
        ) from error
    match key:
        case rsa.RSAPrivateKey():
            fits = key.key_size in _RSA_BITS and key.public_key().public_numbers().e >= _RSA_EXPONENT
        case ec.EllipticCurvePrivateKey():
            fits = isinstance(key.curve, _CURVES)
        case ed25519.Ed25519PrivateKey():
            fits = True
        case _:
            fits = False
    if not fits or not isinstance(
        key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    ):
        raise _bad(
            path,
            "is of a kind that the server cannot use",
            "Use ECDSA on P-256 or P-384, RSA with 2048, 3072 or 4096 bits, or Ed25519.",
        )
    return key


def _refuse_unusable_form(path: Path, certificate: x509.Certificate) -> None:
    try:
        unknown = [
            e.oid.dotted_string for e in certificate.extensions if e.critical and e.oid not in _CRITICAL
        ]
        known_version = certificate.version is x509.Version.v3
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension) as error:
        raise _bad(path, f"is malformed ({error})", "Have it issued anew.") from error
    if unknown or not known_version:
        what = (
            f"has critical extensions ({', '.join(unknown)})" if unknown else "is not of X.509 version 3, as"
        )
        raise _bad(
            path, f"{what} that the server cannot use", "Have it issued as a usual server certificate."
        )


def _stamp(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    # The time of the last change of rights, too: a key that was closed at last is worth a new look.
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _bad(path: Path, what: str, cure: str) -> LocalFault:
    return LocalFault(Code.TLS_FILES_UNUSABLE, f"{path} {what}.", cure)
