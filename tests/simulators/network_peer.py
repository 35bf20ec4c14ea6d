"""A peer with an address of its own, run inside a network (`simulators.network`): standard library only, so it starts at once.

ask SOURCE SERVER BODY...         posts each body and prints [[status, code, retry-after], ...]
hold SOURCE SERVER NUMBER LEFT    opens NUMBER connections, and ends once the server closed all but LEFT of them
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import sys

PORT = 1688


def ask(source: str, server: str, *bodies: str) -> None:
    """Post each body over a connection of its own."""
    heard = []
    for body in bodies:
        connection = http.client.HTTPConnection(server, PORT, timeout=30, source_address=(source, 0))
        connection.request("POST", "/v1/activations", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        heard.append((answer.status, json.loads(answer.read()).get("code"), answer.getheader("retry-after")))
        connection.close()
    sys.stdout.write(json.dumps(heard))


def hold(source: str, server: str, number: str, left: str) -> None:
    """Wait until the server has closed what it closes."""
    opened = {
        socket.create_connection((server, PORT), timeout=30, source_address=(source, 0))
        for _ in range(int(number))
    }
    # Each is in the middle of its headers, so that silence alone closes it late.
    for connection in opened:
        connection.sendall(b"GET / HTTP/1.1\r\n")
    while len(opened) > int(left):
        for connection in select.select(list(opened), [], [])[0]:
            assert not connection.recv(1)
            opened.remove(connection)
    assert len(opened) == int(left)


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        ask(*sys.argv[2:])
    else:
        hold(*sys.argv[2:])
