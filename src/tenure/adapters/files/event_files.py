"""Files of events and license texts, opened and read in pieces; what is in them is for `microsoft.event_reader`."""

from __future__ import annotations

import codecs
import importlib.util
import stat
import struct
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, LocalFault
from tenure.microsoft.event_file_kind import HEAD, Kind, file_kind, text_encoding
from tenure.microsoft.events import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PIECE: Final = 256 * 1024
"""Bytes that are read at once."""
_EVTX_HEADER: Final = 4096
_EVTX_CHUNK: Final = 65_536
_EVTX_CHUNK_MAGIC: Final = b"ElfChnk\x00"
_NO_RECORD: Final = 2**64 - 1
"""The last record's number in a chunk that has none."""
_RECORDS_A_STEP: Final = 500


@dataclass(frozen=True, slots=True)
class EventFile:
    """A file that can be imported."""

    path: Path
    kind: Kind
    encoding: str
    size: int
    """Bytes."""
    modified: int
    """Unix seconds."""

    def chunks(self, progress: Callable[[int], None]) -> Iterator[bytes]:
        """What `read_file` wants: UTF-8 in pieces, or the records of an .evtx; `progress` hears bytes done, all told.

        Raises:
            LocalFault: code `home_unusable`, when the file cannot be read to its end.
        """
        if self.kind is Kind.EVTX:
            yield from self._evtx_records(progress)
            return
        with _reading(self.path), self.path.open("rb") as file:
            decoder = (
                None if self.encoding == "utf-8" else codecs.getincrementaldecoder(self.encoding)("replace")
            )
            done = 0
            while piece := file.read(PIECE):
                done += len(piece)
                progress(done)
                yield piece if decoder is None else decoder.decode(piece).encode("utf-8", "replace")
            if decoder is not None and (rest := decoder.decode(b"", final=True)):
                yield rest.encode("utf-8", "replace")

    def _evtx_records(self, progress: Callable[[int], None]) -> Iterator[bytes]:
        import evtx  # noqa: PLC0415 - a native library that only this kind of file needs

        expected = max(1, expected_records(self.path)[0])
        with warnings.catch_warnings():
            # The reader warns of each record that it skips; `expected_records` tells how many are missing.
            warnings.simplefilter("ignore")
            try:
                # One thread: it keeps up with what follows, and memory does not grow with the number of cores.
                parser = evtx.PyEvtxParser(str(self.path), number_of_threads=1, skip_errors=True)
                for number, record in enumerate(parser.records_json(), start=1):
                    if record is None:
                        break
                    if number % _RECORDS_A_STEP == 0:
                        progress(min(self.size, self.size * number // expected))
                    yield str(record["data"]).encode("utf-8", "replace")
            except (RuntimeError, OSError, ValueError) as error:
                raise LocalFault(
                    Code.DOCUMENT_MALFORMED,
                    f"{self.path} is damaged: {error}.",
                    "Save the log again; what was read before the damage has been kept.",
                ) from error
        progress(self.size)


def open_event_file(path: Path) -> EventFile | NotUnderstood:
    """What the file at `path` is, or why it cannot be imported.

    Raises:
        LocalFault: code `home_unusable`, when it cannot be opened.
    """
    with _reading(path):
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return NotUnderstood("it is no file but a folder, a pipe or a device")
        with path.open("rb") as file:
            head = file.read(HEAD)
    kind = file_kind(head)
    if isinstance(kind, NotUnderstood):
        return kind
    if kind is Kind.EVTX and importlib.util.find_spec("evtx") is None:
        return NotUnderstood("reading .evtx needs the package evtx: pip install 'tenure[microsoft]'")
    return EventFile(path, kind, text_encoding(head), found.st_size, int(found.st_mtime))


def expected_records(path: Path) -> tuple[int, int]:
    """How many records the chunks of an .evtx say that they have, and how many chunks are damaged or cut short.

    Reads 512 bytes of every 64 KiB.
    """
    records = damaged = 0
    with _reading(path), path.open("rb") as file:
        size = path.stat().st_size
        at = _EVTX_HEADER
        while at < size:
            file.seek(at)
            head = file.read(24)
            whole = at + _EVTX_CHUNK <= size
            if head[:8] == _EVTX_CHUNK_MAGIC and len(head) == 24:  # noqa: PLR2004 - the magic and two numbers
                first, last = struct.unpack("<QQ", head[8:24])
                told = 0 if last == _NO_RECORD else last - first + 1
                # The smallest record has 28 bytes, so a chunk holds no more; a hostile one says anything.
                plausible = 0 <= told <= _EVTX_CHUNK // 28
                records += told if plausible else 0
                damaged += not plausible or not whole
            elif any(head):
                damaged += 1
            at += _EVTX_CHUNK
    return records, damaged


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LocalFault(
            Code.HOME_UNUSABLE,
            f"{path} cannot be read: {error.strerror or error}.",
            "Check that the file is still there and that you may read it.",
        ) from error
