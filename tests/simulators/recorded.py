"""What released versions of Tenure left on disk and said on the wire (tests/recorded)."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from tenure.adapters.os.home import Home
from tenure.client.exchange import Answer, Call
from tenure.wire.activation import decode_activation

if TYPE_CHECKING:
    from tenure.client.host_address import HostAddress
    from tenure.wire.activation import ActivationBody

_FOLDER: Final = Path(__file__).parents[1] / "recorded"
VERSIONS: Final = sorted(path.name for path in _FOLDER.iterdir() if path.is_dir() and path.name[0].isdigit())


@dataclass(frozen=True)
class Said:
    """A request and its answer, byte for byte."""

    request: bytes
    answer: bytes

    @property
    def body(self) -> bytes:
        """The request's."""
        return self.request.partition(b"\r\n\r\n")[2]

    @property
    def answered(self) -> Answer:
        """The answer as a client takes it apart."""
        head, _, body = self.answer.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return Answer(int(status.split()[1]), body, headers)

    @property
    def asked(self) -> ActivationBody:
        """The request as today's host reads it."""
        return decode_activation(self.body)


@dataclass(frozen=True)
class Recorded:
    """The recording of one version."""

    version: str

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What that version told of its home."""
        facts: dict[str, Any] = json.loads((_FOLDER / self.version / "recorded.json").read_text())
        return facts

    @property
    def at(self) -> int:
        """A minute after the recording began, which was over by then."""
        return int(self.facts["at"]) + 60

    @property
    def product_id(self) -> UUID:
        """The product that the machine holds a lease for."""
        return UUID(self.facts["client"]["product_id"])

    def conversation(self, peer: str) -> list[Said]:
        """Everything that was said to the `host` or the `publisher`."""
        return [
            Said(one["request"].encode(), one["answer"].encode()) for one in self.facts["conversations"][peer]
        ]

    def home(self, root: Path) -> Home:
        """A copy of its home."""
        with tarfile.open(_FOLDER / self.version / "home.tar.xz") as archive:
            archive.extractall(root, filter="data")
        return Home(root)


@dataclass
class OldHost:
    """`HostTransport`: the answers that a version's host gave, each to the request that it was given to."""

    answers: list[Answer]

    def ask(self, _host: HostAddress, _call: Call) -> Answer:
        """The next one."""
        return self.answers.pop(0)


def members(body: bytes) -> dict[str, Any]:
    """A JSON object's members."""
    found: dict[str, Any] = msgspec.json.decode(body)
    return found
