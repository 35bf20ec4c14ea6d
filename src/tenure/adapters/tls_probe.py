"""A TLS handshake that looks and sends nothing: which version is spoken, and what certificate is shown."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from cryptography import x509

from tenure.adapters.http.tls import LOWEST
from tenure.adapters.x509 import server_certificate
from tenure.client.check_host import Handshake

SECONDS: Final = 5.0


def shake_hands(address: str, port: int, name: str) -> Handshake | None:
    """What the server of this name shows at an address, trusted or not; None: there was no handshake, and a real contact will say why.

    Nothing is believed of it and no request follows: it is for an administrator, who has to see a wrong certificate.
    """
    bare = name.removeprefix("[").removesuffix("]")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = LOWEST
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address, port), SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=bare) as spoken,
        ):
            shown = spoken.getpeercert(binary_form=True)
            version = spoken.version()
        if shown is None or version is None:
            return None
        return Handshake(version, server_certificate(x509.load_der_x509_certificate(shown)))
    except (OSError, ValueError):
        return None
