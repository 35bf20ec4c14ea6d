"""X.509 certificates, as far as TLS servers have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from tenure.core.server_certificate import ServerCertificate

if TYPE_CHECKING:
    from collections.abc import Sequence


def server_certificate(certificate: x509.Certificate) -> ServerCertificate:
    """Names and dates; the subject's common name is no name of a server any more (RFC 9525, section 2)."""
    return ServerCertificate(
        names=_names(certificate),
        not_before=int(certificate.not_valid_before_utc.timestamp()),
        not_after=int(certificate.not_valid_after_utc.timestamp()),
    )


def certificates_in(pem: bytes) -> Sequence[x509.Certificate]:
    """The certificates in a PEM file, in its order; keys that stand beside them are passed over.

    Raises:
        ValueError: there is none, or one is damaged.
    """
    return x509.load_pem_x509_certificates(pem)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return ()
    names = [name.lower() for name in found.get_values_for_type(x509.DNSName)]
    return (*names, *(str(address) for address in found.get_values_for_type(x509.IPAddress)))
