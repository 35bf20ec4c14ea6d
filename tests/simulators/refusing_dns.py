"""A DNS server that refuses every question at once, for commands that look for a host where none should be found."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dns.message
import dns.rcode

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def refusing_dns() -> Iterator[str]:
    """Its `address:port`, until the end of the block."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        address, port = udp.getsockname()

        def serve() -> None:
            while True:
                question, peer = udp.recvfrom(4096)
                if not question:
                    return
                answer = dns.message.make_response(dns.message.from_wire(question))
                answer.set_rcode(dns.rcode.REFUSED)
                udp.sendto(answer.to_wire(), peer)

        thread = threading.Thread(target=serve, name="refusing-dns")
        thread.start()
        try:
            yield f"{address}:{port}"
        finally:
            udp.sendto(b"", (address, port))
            thread.join()
