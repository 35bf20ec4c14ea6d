"""Catalog files that commands find by themselves (design, section 7)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import read_file
from tenure.adapters.os.home import SYSTEM_CATALOGS
from tenure.core.errors import Code, TenureError, UsageError
from tenure.wire.catalog import catalog_of
from tenure.wire.jws import Typ, read
from tenure.wire.trust import catalogs_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.core.catalog import Catalog

CATALOG_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a catalog file: every edition that changed roots, at most 1 MiB each."""
VARIABLE: Final = "TENURE_CATALOG"


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """The tokens of a file, and the newest catalog as it says itself: nothing of it is verified."""

    path: Path
    tokens: tuple[str, ...]
    claimed: Catalog


def find_catalog(
    given: Path | None,
    homes: Iterable[Home],
    fits: Callable[[Catalog], bool],
    *,
    environment: Mapping[str, str] = os.environ,
    system: Path = SYSTEM_CATALOGS,
) -> CatalogFile | None:
    """The catalog file to use: the given one, `$TENURE_CATALOG`, else the first that fits in the homes or the system.

    A file that was named is taken as it is; among those that merely lie there, what is no catalog is passed over.

    Raises:
        UsageError: code `invalid_argument`, when a named file is not there.
        Untrusted: a named file holds no catalog.
    """
    named = given or (Path(environment[VARIABLE]) if environment.get(VARIABLE) else None)
    if named is not None:
        return read_catalog_file(named)
    for path in _lying_around([*(home.catalogs for home in homes), system]):
        try:
            found = read_catalog_file(path)
        except TenureError:
            continue
        if fits(found.claimed):
            return found
    return None


def find_only_catalog(
    given: Path | None, homes: Sequence[Home], fits: Callable[[Catalog], bool]
) -> CatalogFile | None:
    """As `find_catalog`, for a key that no catalog lists: what merely lies there must be of one publisher.

    Raises:
        UsageError: also `not_set_up`, when the catalogs of several publishers fit.
        As `find_catalog`.
    """
    found = find_catalog(given, homes, fits)
    publishers: set[UUID] = set()

    def is_another(catalog: Catalog) -> bool:
        if fits(catalog):
            publishers.add(catalog.publisher_id)
        return False

    find_catalog(given, homes, is_another)
    if len(publishers) > 1:
        raise UsageError(
            Code.NOT_SET_UP,
            "Several publishers' catalogs lie here, and the key may be of any of them.",
            "Name its publisher's: --catalog FILE.",
        )
    return found


def read_catalog_file(path: Path) -> CatalogFile:
    """The catalogs in a file.

    Raises:
        UsageError: code `invalid_argument`, when it is not there.
        LocalFault: it cannot be read.
        Untrusted: code `document_malformed`, when it holds no catalog.
    """
    data = read_file(path, limit=CATALOG_LIMIT)
    if data is None:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"There is no file {path}.", "The publisher gives you its catalog."
        )
    tokens = catalogs_in(data)
    if not tokens:
        raise UsageError(Code.INVALID_ARGUMENT, f"{path} lists no catalog.", "Ask the publisher for it.")
    return CatalogFile(path, tokens, catalog_of(read(tokens[-1], Typ.CATALOG).claims))


def _lying_around(folders: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        try:
            found += sorted(folder.glob("*.json"))
        except OSError:
            continue
    return found
