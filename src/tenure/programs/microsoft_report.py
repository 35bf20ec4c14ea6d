"""`tenure microsoft report`: what was imported into this home, as one report."""

from __future__ import annotations

import csv
import io
import re
from contextlib import closing
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import msgspec

from tenure.adapters.files.atomic import read_file
from tenure.adapters.files.report_files import write_csv, write_text, write_xlsx
from tenure.adapters.os.clock import system_clock
from tenure.adapters.sql.microsoft_store import SqlFleetLog
from tenure.adapters.sql.migrations import History, migrate
from tenure.core.errors import Code, UsageError
from tenure.microsoft.report import Report, make_report
from tenure.microsoft.report_html import html
from tenure.microsoft.report_tables import TableName, csv_text, table, tables
from tenure.programs.microsoft_import import database

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from tenure.adapters.os.home import Home

_MAX_NAMES_FILE: Final = 16 * 1024 * 1024
_MAX_NAME: Final = 200
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def report(homes: Sequence[Home], *, at: int | None, skus: Path | None) -> Report:
    """The report of the first home that has imports, at `at` (None: now).

    Raises:
        UsageError: code `not_set_up`, when nothing was imported; `invalid_argument` for a file of names that is none.
        Unavailable, Untrusted: the database cannot be used.
    """
    names = dict(packaged_names())
    if skus is not None:
        names.update(read_names(skus))
    path = next((path for path in map(database, homes) if path.exists()), None)
    if path is None:
        raise UsageError(
            Code.NOT_SET_UP,
            "Nothing was imported yet.",
            "Import a log first: tenure microsoft import FILE...",
        )
    migrate(path, History.MICROSOFT)
    with closing(SqlFleetLog(path)) as log:
        return make_report(log, system_clock() if at is None else at, names)


def packaged_names() -> Mapping[str, str]:
    """Names of activation ids that travel with Tenure, each with its source in the file."""
    text = (files("tenure.microsoft") / "data" / "product_ids.csv").read_text("utf-8")
    return {row["id"].lower(): row["name"] for row in csv.DictReader(io.StringIO(text))}


def read_names(path: Path) -> Mapping[str, str]:
    """Names by activation id from an administrator's file: JSON `{id: name}`, or CSV with the columns id and name.

    Raises:
        UsageError: code `invalid_argument`: no such file, or a line of it is no id and name.
        LocalFault: code `home_unusable`: it cannot be read.
    """
    data = read_file(path, limit=_MAX_NAMES_FILE)
    if data is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {path}.")
    text = data.decode("utf-8-sig", errors="replace")
    pairs: Iterable[tuple[str, str]]
    if text.lstrip().startswith("{"):
        try:
            pairs = msgspec.json.decode(text.encode(), type=dict[str, str]).items()
        except (msgspec.DecodeError, RecursionError) as error:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"{path} is no JSON object of ids and names.",
                'Write it as {"ID": "NAME", ...}.',
            ) from error
    else:
        pairs = _csv_pairs(text)
    found = {}
    for number, (sku, name) in enumerate(pairs, start=1):
        plain = sku.strip().strip("{}").lower()
        if not _GUID.fullmatch(plain) or not 0 < len(name.strip()) <= _MAX_NAME:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"{path}, entry {number}: {sku[:60]!r} is no activation id with a name.",
                "Give one line an id: ID,NAME. Ids look like de32eafd-aaee-4662-9444-c1befb41bde2.",
            )
        found[plain] = "".join(c if c.isprintable() else " " for c in name).strip()
    return found


def write_table(made: Report, name: TableName, path: Path) -> None:
    """The file holds this table as CSV.

    Raises:
        LocalFault: code `home_unusable`.
    """
    write_csv(path, csv_text(table(made, name)))


def write_workbook(made: Report, path: Path) -> Mapping[str, int]:
    """The file holds all tables as .xlsx; gives the rows that found no place, by table.

    Raises:
        LocalFault: code `home_unusable`.
    """
    return write_xlsx(path, tables(made))


def write_page(made: Report, path: Path) -> None:
    """The file holds the report as one HTML page.

    Raises:
        LocalFault: code `home_unusable`.
    """
    write_text(path, html(made))


def _csv_pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for row in csv.reader(io.StringIO(text)):
        if not row or row[0].startswith("#") or row[0].strip().lower() in {"id", "sku", "activation id"}:
            continue
        pairs.append((row[0], row[1] if len(row) > 1 else ""))
    return pairs
