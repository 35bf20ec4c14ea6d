"""Tables that people hand in as CSV: a header, then rows that know their line."""

from __future__ import annotations

import csv
from itertools import dropwhile
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONGEST_CELL: Final = 10_000


def decode(data: bytes, *, what: str) -> str:
    """The text of a file that Excel, PowerShell or an editor wrote: UTF-8, or UTF-16 with its mark.

    Raises:
        UsageError: code `invalid_argument`, for any other encoding; `what` names the file.
    """
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{what} is not UTF-8 text (byte {error.start:,}).",
            "Save it as CSV in UTF-8: in Excel 'CSV UTF-8', in PowerShell Export-Csv -Encoding UTF8.",
        ) from error


def rows(text: str, *, required: tuple[str, ...], what: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row as (line, {column: value}); names of columns are in lower case, blank rows left out.

    Commas, semicolons and tabs separate, as the header shows. `#TYPE` lines, which PowerShell writes, are skipped.

    Raises:
        UsageError: code `invalid_argument`: no header with the `required` columns, or text that is no CSV.
    """
    lines = text.splitlines(keepends=True)
    body = list(dropwhile(lambda line: not line.strip() or line.startswith("#"), lines))
    skipped = len(lines) - len(body)
    first = body[0] if body else ""
    reader = csv.reader(body, delimiter=max(",;\t", key=first.count), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in required if name not in header]:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"{what} has no column {', '.join(repr(name) for name in missing)}.",
                f"Its first line must name the columns: {','.join(required)}.",
            )
        for cells in reader:
            # Not the reader's own limit: that is one for the whole process, and others set it.
            if any(len(cell) > _LONGEST_CELL for cell in cells):
                raise csv.Error(f"a cell is longer than {_LONGEST_CELL:,} characters")  # noqa: TRY301 - told with the others below
            if any(cell.strip() for cell in cells):
                values = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
                yield skipped + reader.line_num, {name: values.get(name, "") for name in header}
    except csv.Error as error:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{what} is no CSV: line {skipped + reader.line_num}: {error}.",
            "Check that line's quotation marks.",
        ) from error
