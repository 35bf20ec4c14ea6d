from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from simulators.certificates import SimulatedCa, self_signed
from tenure.adapters.files.tls_files import TlsFiles, TlsSetting, read_pair, stamp_of
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

POLICIES = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3.4"), None)])


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    """A good pair."""
    return SimulatedCa(tmp_path).issue("kms.example", "192.0.2.1")


def refusal(files: TlsFiles) -> LocalFault:
    """Why the pair cannot be used."""
    with pytest.raises(LocalFault) as caught:
        read_pair(files)
    assert caught.value.code is Code.TLS_FILES_UNUSABLE
    assert caught.value.cure
    return caught.value


def test_a_good_pair_tells_names_and_dates(files: TlsFiles) -> None:
    """DNS names and IP addresses of the server's own certificate, the first in its file."""
    facts = read_pair(files).facts
    assert facts.names == ("kms.example", "192.0.2.1")
    assert facts.not_after - facts.not_before == 91 * 86_400


def test_the_key_is_kept_from_other_users(files: TlsFiles) -> None:
    """A key that everybody can read is refused, and the cure closes it; its group may read it."""
    for mode in (0o600, 0o400, 0o640, 0o440):
        files.key.chmod(mode)
        read_pair(files)
    for mode in (0o644, 0o604, 0o666, 0o601):
        files.key.chmod(mode)
        told = refusal(files)
        assert f"mode {mode:04o}" in told.detail
        assert told.cure == f"Close it: chmod 0600 {files.key}"


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "does not exist", id="missing"),
        pytest.param(b"", "in PEM form", id="empty"),
        pytest.param(b"\x30\x82\x01", "in PEM form", id="DER"),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "in PEM form", id="damaged"
        ),
        pytest.param(b"x" * (1024 * 1024 + 1), "cannot be read", id="too large"),
    ],
)
def test_a_file_that_is_none_is_named(files: TlsFiles, which: str, content: bytes | None, words: str) -> None:
    """Whichever of the two it is."""
    path: Path = getattr(files, which)
    path.unlink()
    if content is not None:
        path.touch(mode=0o600)
        path.write_bytes(content)
    told = refusal(files)
    assert str(path) in told.detail
    assert words in told.detail


def test_a_half_written_key_is_refused(files: TlsFiles) -> None:
    """As a copy that is under way leaves it."""
    files.key.write_bytes(files.key.read_bytes()[:100])
    assert str(files.key) in refusal(files).detail


def test_an_encrypted_key_is_refused_with_the_command_that_opens_it(files: TlsFiles) -> None:
    """A service has nobody to ask for the password."""
    key = load_pem_private_key(files.key.read_bytes(), None)
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    told = refusal(files)
    assert "is encrypted" in told.detail
    assert "openssl pkey" in told.cure


def test_a_key_of_another_certificate_is_refused(files: TlsFiles, tmp_path: Path) -> None:
    """The pair must be one."""
    other = SimulatedCa(tmp_path).issue(called="other")
    assert "is not the key of" in refusal(TlsFiles(files.certificate, other.key)).detail


@pytest.mark.parametrize(
    "make_key",
    [
        pytest.param(lambda: ec.generate_private_key(ec.SECP256R1()), id="P-256"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP384R1()), id="P-384"),
        pytest.param(lambda: rsa.generate_private_key(65_537, 2048), id="RSA 2048"),
        pytest.param(ed25519.Ed25519PrivateKey.generate, id="Ed25519"),
    ],
)
def test_usual_keys_are_taken(
    tmp_path: Path, make_key: Callable[[], CertificateIssuerPrivateKeyTypes]
) -> None:
    """What public and private authorities issue for."""
    assert read_pair(self_signed(tmp_path, key=make_key())).facts.names == ("localhost",)


@pytest.mark.parametrize(
    "make_key",
    [
        pytest.param(lambda: ec.generate_private_key(ec.SECP521R1()), id="P-521"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP256K1()), id="secp256k1"),
        pytest.param(lambda: rsa.generate_private_key(65_537, 2056), id="RSA 2056"),
        pytest.param(lambda: rsa.generate_private_key(3, 2048), id="RSA with exponent 3"),
    ],
)
def test_a_key_that_would_end_the_server_is_refused_before(
    tmp_path: Path, make_key: Callable[[], CertificateIssuerPrivateKeyTypes]
) -> None:
    """The server's TLS library ends the process for these; the cure names the kinds that work."""
    told = refusal(self_signed(tmp_path, key=make_key()))
    assert "of a kind that the server cannot use" in told.detail
    assert "P-256" in told.cure


@pytest.mark.parametrize("critical", [False, True])
def test_an_extension_that_would_end_the_server_is_refused_before(tmp_path: Path, *, critical: bool) -> None:
    """Only where it is critical; the refusal names it."""
    files = self_signed(tmp_path, extensions=[(POLICIES, critical)])
    if critical:
        assert "critical extensions (2.5.29.32)" in refusal(files).detail
    else:
        read_pair(files)


def test_a_stamp_changes_with_either_file_and_with_their_rights(files: TlsFiles) -> None:
    """Content, place and mode: whatever may make a pair usable that was not."""
    seen = {stamp_of(None), stamp_of(files)}
    files.certificate.write_bytes(files.certificate.read_bytes() + b"\n")
    seen.add(stamp_of(files))
    files.key.chmod(0o400)
    seen.add(stamp_of(files))
    files.key.rename(files.key.with_suffix(".old"))
    seen.add(stamp_of(files))
    assert len(seen) == 5
    assert stamp_of(files) == stamp_of(files)


def test_a_setting_is_kept_until_it_is_taken_back(tmp_path: Path, files: TlsFiles) -> None:
    """The paths as they were given: a link stays a link."""
    link = tmp_path / "live.pem"
    link.symlink_to(files.certificate)
    setting = TlsSetting(tmp_path / "host" / "tls.json")
    assert setting.read() is None
    setting.save(TlsFiles(link, files.key))
    assert setting.read() == TlsFiles(link, files.key)
    setting.save(None)
    setting.save(None)
    assert setting.read() is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"certificate": 5, "key": "k"}', b"\xff"])
def test_a_damaged_setting_is_no_way_back_to_plain_http(tmp_path: Path, content: bytes) -> None:
    """It is refused, where "nothing is set" would serve without TLS."""
    path = tmp_path / "tls.json"
    path.write_bytes(content)
    with pytest.raises(LocalFault, match="is damaged") as caught:
        TlsSetting(path).read()
    assert caught.value.code is Code.TLS_FILES_UNUSABLE
