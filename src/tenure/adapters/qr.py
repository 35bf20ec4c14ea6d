"""QR pictures, drawn by segno (the extra `qr`): PNG, SVG, or in a terminal."""

from __future__ import annotations

from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Final, Literal

from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from segno import QRCode

_PIXELS: Final = 8
"""A module's side: the largest picture is then 808 pixels wide, with its border."""
_BORDER: Final = 4
"""Modules of white that every reader needs around it (ISO/IEC 18004)."""


def draw(text: str, kind: Literal["png", "svg"]) -> bytes:
    """The picture that says `text`.

    Raises:
        UsageError: code `not_available`, where segno is not installed.
    """
    out = BytesIO()
    _code(text).save(out, kind=kind, scale=_PIXELS, border=_BORDER)
    return out.getvalue()


def draw_in_terminal(text: str) -> str:
    """The same in half blocks, two modules high, for a terminal of about 100 columns.

    Raises:
        UsageError: code `not_available`, where segno is not installed.
    """
    out = StringIO()
    _code(text).terminal(out, border=_BORDER, compact=True)
    return out.getvalue()


def _code(text: str) -> QRCode:
    try:
        import segno  # noqa: PLC0415 - an extra, and only pictures need it
    except ModuleNotFoundError as error:
        raise UsageError(
            Code.NOT_AVAILABLE,
            "Pictures need the package 'segno', which is not installed.",
            "Install it: pip install 'tenure[qr]'; or take the text block: --form text.",
        ) from error
    return segno.make_qr(text, error="m", mode="alphanumeric")
