"""The report on disk: CSV and HTML line by line, XLSX by XlsxWriter in constant memory; each whole or not there."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from tenure.adapters.files.atomic import unusable
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenure.microsoft.report_tables import ReportTable
    from tenure.wire.csv_rows import Cell

MAX_SHEET_ROWS: Final = 1_048_576
"""Of an .xlsx sheet, the header included."""
_MAX_CELL: Final = 32_767
"""Characters of a cell."""
_WIDTHS: Final = (10, 60)
_READABLE: Final = 0o644


def write_text(path: Path, pieces: Iterable[str]) -> None:
    """The file holds the pieces, as UTF-8.

    Raises:
        LocalFault: code `home_unusable`.
    """
    with _replacing(path) as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "replace"))


def write_csv(path: Path, pieces: Iterable[str]) -> None:
    """As `write_text`, with the mark by which Excel knows UTF-8."""
    with _replacing(path) as file:
        file.write(b"\xef\xbb\xbf")
        for piece in pieces:
            file.write(piece.encode("utf-8", "replace"))


def write_xlsx(path: Path, tables: Iterable[ReportTable]) -> dict[str, int]:
    """The file holds one sheet a table, with a header that stays and filters; texts are never formulas or links.

    Gives, by table, the rows that found no place on their sheet.

    Raises:
        LocalFault: code `home_unusable`.
        UsageError: code `not_set_up`, when the package that writes workbooks is not installed.
    """
    try:
        import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 - no types; only this kind of report needs it
    except ModuleNotFoundError as error:
        raise UsageError(
            Code.NOT_SET_UP,
            "Writing .xlsx needs the package xlsxwriter.",
            "Install it: pip install 'tenure[microsoft]'. CSV needs nothing.",
        ) from error

    left_out: dict[str, int] = {}
    with _replacing(path) as file:
        workbook = xlsxwriter.Workbook(
            file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        bold = workbook.add_format({"bold": True})
        for table in tables:
            sheet = workbook.add_worksheet(table.name.value)
            for column, title in enumerate(table.columns):
                sheet.set_column(column, column, min(_WIDTHS[1], max(_WIDTHS[0], len(title) + 8)))
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(table.columns):
                sheet.write_string(0, column, title, bold)
            line = 0
            for row in table.rows:
                line += 1
                if line >= MAX_SHEET_ROWS:
                    left_out[table.name.value] = left_out.get(table.name.value, 0) + 1
                    continue
                _write_row(sheet, line, row)
            sheet.autofilter(0, 0, min(line, MAX_SHEET_ROWS - 1), len(table.columns) - 1)
        workbook.close()
    return left_out


def _write_row(sheet: Any, line: int, row: tuple[Cell, ...]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, bool):
            sheet.write_boolean(line, column, cell)
        elif isinstance(cell, int):
            sheet.write_number(line, column, cell)
        elif cell is not None:
            sheet.write_string(line, column, cell[:_MAX_CELL])


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the name `path` when all went well, and leaves no trace otherwise."""
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).chmod(_READABLE)
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unusable(path, error) from error
        raise
