"""What a host's server and the process that records its requests say to each other, over a pair of pipes.

Each call gets one reply, in order. A message is MessagePack behind its length, 4 bytes, big-endian. Both ends are the
same release of Tenure, started by each other: nothing here needs to be understood by another version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from tenure.core.errors import Code, TenureError, Unavailable, Untrusted
from tenure.host.ledger import Entry, Receipt, Refusal
from tenure.host.retention import Retention

if TYPE_CHECKING:
    from typing import IO

_LENGTH_BYTES: Final = 4


class Look(Struct, array_like=True, tag=True):
    """Tell the counts at `now`, and whether another program wrote."""

    now: int
    windows: dict[int, int]


class Commit(Struct, array_like=True, tag=True):
    """Record a batch as one transaction."""

    batch: list[Entry | Refusal]
    windows: dict[int, int]


class Tidy(Struct, array_like=True, tag=True):
    """Let go of a little of what is old."""

    retention: Retention
    now: int


Call = Look | Commit | Tidy


class Fault(Struct, array_like=True):
    """A `TenureError` on its way."""

    untrusted: bool
    code: Code
    detail: str
    cure: str

    def error(self) -> TenureError:
        """The error, to be raised again."""
        return (Untrusted if self.untrusted else Unavailable)(self.code, self.detail, self.cure)


class Reply(Struct, array_like=True):
    """What a call came to."""

    receipts: list[Receipt | None] = []
    now: int = 0
    """The time of `counts`: of a look the one that was asked for, of a commit that of its latest request."""
    counts: dict[int, int] = {}
    newest_row: int = 0
    changed: bool = False
    """Another program wrote since the reply before."""
    fault: Fault | None = None


encode = msgspec.msgpack.Encoder().encode
decode_call = msgspec.msgpack.Decoder(Call).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode


def write_message(pipe: IO[bytes], message: bytes) -> None:
    """The message is on its way.

    Raises:
        OSError: the other end is gone.
    """
    pipe.write(len(message).to_bytes(_LENGTH_BYTES) + message)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> bytes | None:
    """The next message; None when the other end has closed the pipe, or died in the middle of one.

    Raises:
        OSError: the pipe failed.
    """
    head = pipe.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    length = int.from_bytes(head)
    message = pipe.read(length)
    return message if len(message) == length else None
