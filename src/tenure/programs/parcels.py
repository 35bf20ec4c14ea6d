"""Parcels of requests and confirmations in files: written in one of their forms, and read in any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from tenure.adapters.files.atomic import read_file, write_atomically
from tenure.adapters.qr import draw, draw_in_terminal
from tenure.core.errors import Code, UsageError
from tenure.wire.parcel import (
    MAX_PARCEL,
    Confirmations,
    Form,
    Parcel,
    read_parcel,
    write_file,
    write_pictures,
    write_text,
)

if TYPE_CHECKING:
    from pathlib import Path

ENDINGS: Final = {Form.FILE: ".json", Form.TEXT: ".txt", Form.QR: ".png"}
FORMS_BY_ENDING: Final = {".json": Form.FILE, ".txt": Form.TEXT, ".png": Form.QR, ".svg": Form.QR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Where a parcel is now: in files, or in a text to be shown."""

    files: tuple[Path, ...] = ()
    shown: str | None = None


def deliver(
    parcel: Parcel,
    out: Path | None,
    form: Form | None,
    *,
    otherwise: Form | None = None,
    name: str = "tenure",
) -> Delivered:
    """The parcel is in the file `out`, or to be shown where there is none; in a folder, the file is called `name`.

    Its form is the given one, or that of the file's ending, or `otherwise`: by default a file, and shown a text block.
    Several pictures become several files: of `x.png`, `x-1.png`, `x-2.png` and so on.

    Raises:
        UsageError: `invalid_argument`, when it is too long for the form; `not_available`, without segno.
        LocalFault: code `home_unusable`, when it cannot be written.
    """
    if out is None:
        return Delivered(shown=_shown(parcel, form or otherwise or Form.TEXT))
    if out.is_dir():
        form = form or otherwise or Form.FILE
        out /= name + ENDINGS[form]
    form = form or FORMS_BY_ENDING.get(out.suffix.lower(), otherwise or Form.FILE)
    contents = _contents(parcel, form, "svg" if out.suffix.lower() == ".svg" else "png")
    files = [out]
    if len(contents) > 1:
        files = [out.with_name(f"{out.stem}-{n}{out.suffix}") for n in range(1, len(contents) + 1)]
    for file, content in zip(files, contents, strict=True):
        write_atomically(file, content)
    return Delivered(files=tuple(files))


def read_parcel_file(path: Path) -> bytes:
    """What the file at `path` holds.

    Raises:
        UsageError: code `invalid_argument`, when it is not there.
        LocalFault: it cannot be read, or is too large.
    """
    data = read_file(path, limit=MAX_PARCEL)
    if data is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {path}.", "Check its name and folder.")
    return data


def confirmations_in(data: bytes) -> Confirmations:
    """The confirmations in what was carried back from a publisher.

    Raises:
        UsageError: code `invalid_argument`, when it is a request, or a picture itself.
        Untrusted: code `document_malformed`.
    """
    parcel, _ = read_parcel(data)
    if not isinstance(parcel, Confirmations):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "This is a request; its confirmation is what the publisher answers.",
            "On the publisher's side: tenure publisher activate-request FILE.",
        )
    return parcel


def _contents(parcel: Parcel, form: Form, kind: Literal["png", "svg"]) -> list[bytes]:
    match form:
        case Form.FILE:
            return [write_file(parcel).encode()]
        case Form.TEXT:
            return [write_text(parcel).encode()]
        case Form.QR:
            return [draw(text, kind) for text in write_pictures(parcel)]


def _shown(parcel: Parcel, form: Form) -> str:
    match form:
        case Form.FILE:
            return write_file(parcel)
        case Form.TEXT:
            return write_text(parcel)
        case Form.QR:
            return "\n".join(draw_in_terminal(text) for text in write_pictures(parcel))
