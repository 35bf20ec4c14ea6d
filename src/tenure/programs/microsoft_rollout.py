"""`tenure microsoft rollout`: from a list of machines to scripts in a folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import read_file, write_atomically
from tenure.core.errors import Code, UsageError
from tenure.microsoft.keys_csv import decode
from tenure.microsoft.rollout import Machine, make_plan, parse_machines
from tenure.microsoft.rollout_files import rollout_files
from tenure.programs.microsoft_keys import load_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from tenure.microsoft.rollout import Plan, Target
    from tenure.microsoft.rollout_files import Format, RolloutFile

_LIMIT: Final = 64 * 1024 * 1024
"""Largest list: a million machines and more."""


def read_machines(path: Path) -> list[Machine]:
    """The machines of the CSV at `path`; `-` is standard input.

    Raises:
        UsageError: code `invalid_argument`; there is no such file, or it is no such CSV, or lists none.
        LocalFault: it cannot be read, or is larger than 64 MiB.
    """
    what = "standard input" if str(path) == "-" else str(path)
    data = sys.stdin.buffer.read(_LIMIT) if str(path) == "-" else read_file(path, limit=_LIMIT)
    if data is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {path}.")
    found = list(parse_machines(decode(data, what=what), what=what))
    if not found:
        raise UsageError(Code.INVALID_ARGUMENT, f"{what} lists no machine.")
    return found


def machines_of(names: Sequence[str], *, product: str, edition: str) -> list[Machine]:
    """The named machines, all of one edition; without names, the edition alone."""
    return [Machine(0, name, product, edition) for name in names or [""]]


def plan_rollout(machines: Iterable[Machine], *, target: Target, data: Path | None) -> Plan:
    """Which machine gets which key; nothing is written yet."""
    return make_plan(machines, table=load_table(data), target=target)


def make_files(plan: Plan, formats: Collection[Format], out: Path | None) -> list[RolloutFile]:
    """The files of the plan; in the folder `out`, when it is given; no file when no edition is left.

    Raises:
        LocalFault: the folder cannot be written.
    """
    if not plan.editions:
        return []
    files = list(rollout_files(plan, formats))
    if out is not None:
        for file in files:
            write_atomically(out / file.name, file.text.encode())
    return files
