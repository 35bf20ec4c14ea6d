from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from simulators.publisher import SimulatedPublisher
from tenure.adapters.os.home import Home
from tenure.core.errors import Untrusted, UsageError
from tenure.programs.catalog_files import CatalogFile, find_catalog
from tenure.wire.catalog import CatalogList

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tenure.core.catalog import Catalog

NOTHING: Mapping[str, str] = {}


def put(path: Path, *, seq: int) -> Path:
    """A catalog file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(CatalogList((SimulatedPublisher(seq=seq).catalog_token,))))
    return path


def find(
    tmp_path: Path,
    *,
    given: Path | None = None,
    environment: Mapping[str, str] = NOTHING,
    seq: int | None = None,
) -> CatalogFile | None:
    """What is found in a home and a system's folder, the one with this seq being the one that fits."""

    def fits(claimed: Catalog) -> bool:
        return seq is None or claimed.seq == seq

    return find_catalog(given, [Home(tmp_path)], fits, environment=environment, system=tmp_path / "system")


def test_the_order_is_option_variable_home_system(tmp_path: Path) -> None:
    """Each place is looked at only when those before it have nothing."""
    system = put(tmp_path / "system" / "c.json", seq=4)
    found = [find(tmp_path)]
    home = put(tmp_path / "catalogs" / "c.json", seq=3)
    found.append(find(tmp_path))
    variable = {"TENURE_CATALOG": str(put(tmp_path / "v.json", seq=2))}
    found.append(find(tmp_path, environment=variable))
    given = put(tmp_path / "g.json", seq=1)
    found.append(find(tmp_path, environment=variable, given=given))
    paths = [one.path for one in found if one is not None]
    assert paths == [system, home, tmp_path / "v.json", given]
    assert [one.claimed.seq for one in found if one is not None] == [4, 3, 2, 1]


def test_among_those_that_lie_there_the_one_that_fits_is_taken(tmp_path: Path) -> None:
    """What is no catalog, or another publisher's, is passed over."""
    (tmp_path / "catalogs").mkdir()
    (tmp_path / "catalogs" / "a.json").write_text("{")
    (tmp_path / "catalogs" / "b.json").write_text('{"catalogs": []}')
    put(tmp_path / "catalogs" / "c.json", seq=1)
    right = put(tmp_path / "system" / "d.json", seq=9)
    found = find(tmp_path, seq=9)
    assert found is not None
    assert found.path == right
    assert find(tmp_path, seq=10) is None


def test_a_file_that_was_named_must_be_there_and_be_a_catalog(tmp_path: Path) -> None:
    """Nothing else is looked for in its place."""
    put(tmp_path / "catalogs" / "c.json", seq=1)
    with pytest.raises(UsageError, match="There is no file"):
        find(tmp_path, given=tmp_path / "missing.json")
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(Untrusted):
        find(tmp_path, environment={"TENURE_CATALOG": str(tmp_path / "broken.json")})
    (tmp_path / "empty.json").write_text('{"catalogs": []}')
    with pytest.raises(UsageError, match="lists no catalog"):
        find(tmp_path, given=tmp_path / "empty.json")
