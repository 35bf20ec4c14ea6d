"""A real BIND 9 on the loopback interface: zones as text, a free port, ended by its own process id.

Needs `named` (Debian and Ubuntu: the package bind9). Mark tests that use it `real`, and take `BIND_MISSING` as the
reason when it is not installed.
"""

from __future__ import annotations

import base64
import re
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import dns.name
import dns.tsig
import dns.tsigkeyring
import dns.update

from simulators.dns_tools import output

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

NAMED: Final = shutil.which(
    "named", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin"
)
BIND_MISSING: Final = "BIND 9 is not installed (apt-get install bind9)"
_TRIES: Final = 5
"""Ports that are tried: another process may take one between the look and the start."""


@dataclass(frozen=True)
class TsigKey:
    """A key that signs questions and updates (RFC 8945)."""

    name: str = "tenure-test"
    secret: bytes = field(default=b"only for tests on the loopback..", repr=False)

    @classmethod
    def generated(cls, name: str) -> TsigKey:
        """A new key, as the real `tsig-keygen` makes it."""
        statement = output("tsig-keygen", "-a", "hmac-sha256", name)
        (secret,) = re.findall(r'secret "(.+)"', statement)
        key = cls(name, base64.b64decode(secret))
        assert key.statement == statement
        return key

    @property
    def base64(self) -> str:
        """The secret as BIND's configuration writes it."""
        return base64.b64encode(self.secret).decode()

    @property
    def keyring(self) -> dict[dns.name.Name, dns.tsig.Key]:
        """The key as dnspython wants it."""
        name = dns.name.from_text(self.name)
        return {name: dns.tsig.Key(name, self.secret, dns.tsig.HMAC_SHA256)}

    @property
    def statement(self) -> str:
        """The key as `tsig-keygen` writes it."""
        return f'key "{self.name}" {{\n\talgorithm hmac-sha256;\n\tsecret "{self.base64}";\n}};\n'

    def update(self, zone: str) -> dns.update.UpdateMessage:
        """An empty update of a zone, signed with this key when it is sent."""
        return dns.update.UpdateMessage(zone, keyring=self.keyring, keyalgorithm=dns.tsig.HMAC_SHA256)


@dataclass
class Bind:
    """A BIND that answers."""

    port: int
    process: subprocess.Popen[str]
    log: list[str]
    """What it said so far."""
    reader: threading.Thread
    address: str = "127.0.0.1"

    @property
    def text(self) -> str:
        """`address:port`."""
        return f"{self.address}:{self.port}"


@contextmanager
def bind(
    folder: Path,
    zones: Mapping[str, str],
    *,
    broken: Collection[str] = (),
    key: TsigKey | None = None,
    updatable: Collection[str] = (),
    policies: Mapping[str, str] | None = None,
    port: int | None = None,
    address: str = "127.0.0.1",
    under: Sequence[str] = (),
) -> Iterator[Bind]:
    """Serve zones from an empty folder until the end of the block, on a free port if none is named.

    A zone is its records, without SOA and NS: those are added. It answers SERVFAIL for the `broken` zones, REFUSED for
    names of no zone, and lets those who have the `key` update the `updatable` ones. `policies` has statements of zones
    that say more exactly who may update what. `under` is a command line that runs the server, such as in a network of
    its own, where the port may be the real one, and the address another than this machine's own.
    """
    assert NAMED is not None, BIND_MISSING
    folder.mkdir(parents=True, exist_ok=True)
    # A copy, because the AppArmor profile of the installed program keeps it out of folders such as ours.
    program = shutil.copy(NAMED, folder / "named-under-test")
    for name, records in zones.items():
        (folder / f"{name}.zone").write_text(_zone(name, records))
    for _ in range(_TRIES):
        listening = _free_port() if port is None else port
        settings = _settings(
            folder,
            (address, listening),
            zones,
            broken=broken,
            key=key,
            updatable=updatable,
            policies=policies or {},
        )
        (folder / "named.conf").write_text(settings)
        server = _started([*under, str(program)], folder, (address, listening))
        if server is not None:
            break
    else:
        raise AssertionError(f"named did not start: see {folder}/named.log")
    try:
        wrong = [
            line for line in server.log if "loading from master file" in line or "dns_master_load" in line
        ]
        wrong = [line for line in wrong if "missing-" not in line]
        assert not wrong, f"a zone of the test does not load: {wrong}"
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=30)
        server.reader.join()
        if server.process.stderr is not None:
            server.process.stderr.close()


def _started(program: Sequence[str], folder: Path, listening: tuple[str, int]) -> Bind | None:
    """The server once it says that it runs; None if it ended before, its log in named.log."""
    process = subprocess.Popen(
        [*program, "-g", "-n", "1", "-c", str(folder / "named.conf")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    assert process.stderr is not None
    log: list[str] = []
    for line in process.stderr:
        log.append(line)
        # It runs on although it could not listen: then nobody would answer.
        if "address in use" in line or "could not listen" in line:
            process.terminate()
        if line.rstrip().endswith(" running"):
            reader = threading.Thread(target=log.extend, args=(process.stderr,), name="named-log")
            reader.start()
            return Bind(listening[1], process, log, reader, listening[0])
    process.wait(timeout=30)
    process.stderr.close()
    (folder / "named.log").write_text("".join(log))
    return None


def _free_port() -> int:
    """A port that is free for UDP and TCP alike."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _zone(name: str, records: str) -> str:
    return (
        f"$ORIGIN {name}.\n$TTL 300\n"
        f"@ SOA ns.{name}. hostmaster.{name}. 1 3600 600 86400 60\n"
        f"@ NS ns.{name}.\nns A 127.0.0.1\n{records}\n"
    )


def _settings(
    folder: Path,
    listening: tuple[str, int],
    zones: Mapping[str, str],
    *,
    broken: Collection[str],
    key: TsigKey | None,
    updatable: Collection[str],
    policies: Mapping[str, str],
) -> str:
    address, port = listening
    parts = [
        f"""options {{
            directory "{folder}";
            pid-file none;
            session-keyfile none;
            listen-on port {port} {{ {address}; }};
            listen-on-v6 {{ none; }};
            recursion no;
            allow-query {{ localnets; }};
            allow-transfer {{ none; }};
            notify no;
            dnssec-validation no;
            empty-zones-enable no;
            minimal-responses yes;
            check-names primary ignore;
        }};
        controls {{ }};""",
    ]
    if key is not None:
        parts.append(key.statement)
    for zone in zones:
        who = f'key "{key.name}";' if key is not None and zone in updatable else "none;"
        parts.append(
            f'zone "{zone}" {{ type primary; file "{folder}/{zone}.zone"; '
            f"{policies.get(zone, f'allow-update {{ {who} }};')} check-srv-cname ignore; check-integrity no; }};"
        )
    parts += [f'zone "{zone}" {{ type primary; file "{folder}/missing-{zone}"; }};' for zone in broken]
    return "\n".join(parts)
