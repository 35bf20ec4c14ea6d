"""Records what a released version of Tenure leaves on disk and says on the wire: `record.py VERSION`.

Run it with that version's code on PYTHONPATH, once, when it is released; `README.md` beside it says how. It uses the command
line alone, so that it outlives whatever stands behind that. Needs faketime, and the right to make namespaces.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

AT: Final = 1_793_534_400
"""2026-11-01 12:00:00 UTC: what every clock showed when the recording began."""
_OFFSET: Final = AT - int(time.time())
"""Seconds by which every process is in another time, and so in the same one as the others."""
MACHINES: Final = 30
HOSTNAME: Final = "recorded.example"
_ANOTHER_MACHINE: Final = (
    f'hostname {HOSTNAME} && echo 0123456789abcdef0123456789abcdef > "$TENURE_HOME/.id" '
    '&& mount --bind "$TENURE_HOME/.id" /etc/machine-id && exec "$@"'
)
_UNDER: Final = (
    *("unshare", "--user", "--map-root-user", "--uts", "--mount", "sh", "-c", _ANOTHER_MACHINE, "sh"),
    *(sys.executable, "-m", "tenure"),
)
LEFT_OUT: Final = ("quickstart.json", "serving.json", "*.lock", "*-wal", "*-shm", ".*")
"""What a running system makes anew; some of it names the folder that it lay in."""


class Tap:
    """A port that passes every connection on to a server, and keeps what was said in both directions."""

    def __init__(self, url: str) -> None:
        """It listens."""
        self._server = (urlsplit(url).hostname, urlsplit(url).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.heard: list[dict[str, str]] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            peer, _ = self._listener.accept()
            with peer, closing(socket.create_connection(self._server)) as server:
                said = {"request": b"", "answer": b""}
                back = threading.Thread(target=_pass_on, args=(server, peer, said, "answer"))
                back.start()
                _pass_on(peer, server, said, "request")
                back.join()
            self.heard.append({name: data.decode("ascii") for name, data in said.items()})


def _pass_on(source: socket.socket, target: socket.socket, said: dict[str, bytes], name: str) -> None:
    while piece := source.recv(65_536):
        said[name] += piece
        target.sendall(piece)
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def tenure(home: Path, *arguments: str, may_fail: bool = False) -> dict[str, Any]:
    """What a command prints with `--json`."""
    done = subprocess.run(
        [*_UNDER, *arguments, "--json"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=_environment(home),
    )
    if done.returncode and not may_fail:
        raise SystemExit(f"{' '.join(arguments)}: {done.stdout}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _environment(home: Path) -> dict[str, str]:
    """With the library that faketime loads, but without its process in between, which passes no signals on."""
    faketime = shutil.which("faketime")
    if faketime is None:
        raise SystemExit("faketime is not installed")
    library = subprocess.run(
        [faketime, "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True
    )
    return {
        **os.environ,
        "LD_PRELOAD": library.stdout.strip(),
        "FAKETIME": f"{_OFFSET:+d}",
        "TENURE_HOME": str(home),
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def ask_for_nothing(tap: Tap) -> None:
    """A request that is refused, so that the recording has a refusal."""
    connection = http.client.HTTPConnection("127.0.0.1", tap.port)
    connection.request(
        "POST", "/v1/activations", "{}", {"content-type": "application/json", "connection": "close"}
    )
    connection.getresponse().read()
    connection.close()


@contextmanager
def up(home: Path) -> Iterator[dict[str, Any]]:
    """`tenure up` serves; what its quickstart file says."""
    process = subprocess.Popen(
        [*_UNDER, "up", "--port", "0", "--publisher-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(home),
    )
    try:
        while not (home / "quickstart.json").exists():
            if process.poll() is not None:
                raise SystemExit("tenure up did not start")
        yield json.loads((home / "quickstart.json").read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def record(home: Path) -> dict[str, Any]:
    """The home holds a publisher, a host that knows `MACHINES` + 2 machines, and a machine; what is known of them."""
    with up(home) as said:
        products = {product["name"]: product for product in said["products"]}
        workstation, server = products["Draft Studio"], products["Render Server"]
        catalog, url = said["catalog"], said["activation_url"]
        host, publisher = Tap(url), Tap(said["publisher_url"])
        fleet = ("fleet", "--machines", str(MACHINES), "--host", url, "--catalog", catalog)
        # Those of the first 24 that asked before the others wait; they are no less counted.
        tenure(home, *fleet, "--product", workstation["product_id"], may_fail=True)
        for product in (workstation, server):
            tenure(home, "client", "install-key", product["generic_key"], "--catalog", catalog)
        tenure(home, "client", "set-host", f"127.0.0.1:{host.port}")
        tenure(home, "client", "activate", "--product", workstation["product_id"])
        tenure(home, "client", "activate", "--product", server["product_id"], may_fail=True)
        ask_for_nothing(host)
        tenure(home, "host", "activate", "--publisher", publisher.url)
        facts: dict[str, Any] = {
            "at": AT,
            "client": tenure(home, "client", "status", "--product", workstation["product_id"]),
            "host": tenure(home, "host", "status"),
            "keys": tenure(home, "publisher", "key", "list"),
        }
        facts["host"]["listening"] = None
    return {**facts, "conversations": {"host": host.heard, "publisher": publisher.heard}}


def pack(home: Path, archive: Path) -> None:
    """The home, without what a start makes anew, as an archive that says nothing of who made it or when."""
    for database in home.rglob("*.db"):
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
    for pattern in LEFT_OUT:
        for path in home.rglob(pattern):
            path.unlink(missing_ok=True)

    def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = AT
        return member

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(home.rglob("*")):
            tar.add(path, path.relative_to(home), recursive=False, filter=anonymous)
    archive.write_bytes(packed.getvalue())


def main(version: str) -> None:
    """Record into the folder of the version."""
    folder = Path(__file__).parent / version
    folder.mkdir()
    home = Path(tempfile.mkdtemp())
    try:
        facts = record(home)
        pack(home, folder / "home.tar.xz")
    finally:
        shutil.rmtree(home)
    text = json.dumps(facts, indent=1, sort_keys=True)
    if str(home) in text or socket.gethostname() in text:
        raise SystemExit("the recording names this machine")
    (folder / "recorded.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
