"""A catalog's source in TOML: what is read of it, and how a mistake is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tenure.adapters.files.toml_catalog import read_toml_catalog
from tenure.core.errors import Code, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import Kind
from tenure.publisher.authority import NewProduct

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
[pools.rack]
threshold = 3
lease_days = 90

[[products]]
name = "Draft Studio"
kind = "workstation"

[[products]]
name = "Render Server"
kind = "server"
product_id = "00000000-0000-0000-0000-000000000005"
number = 7
pool = "rack"
features = { export = "reduced_functionality" }
needs_os_id = true
"""
PRODUCT = '[[products]]\nname = "Draft Studio"\nkind = "workstation"\n'


def test_products_and_terms_are_read_as_they_are_written(tmp_path: Path) -> None:
    """What is left out stays open, for the catalog to choose."""
    source = tmp_path / "catalog.toml"
    source.write_text(WHOLE)
    products, terms = read_toml_catalog(source)
    assert products == [
        NewProduct(name="Draft Studio", kind=Kind.WORKSTATION),
        NewProduct(
            name="Render Server",
            kind=Kind.SERVER,
            product_id=UUID(int=5),
            number=7,
            pool="rack",
            features={"export": LicenseStatus.REDUCED_FUNCTIONALITY},
            needs_os_id=True,
        ),
    ]
    assert terms == {"rack": {"threshold": 3, "lease_days": 90}}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("products = [", "no catalog", id="no-toml"),
        pytest.param("", "products", id="empty"),
        pytest.param("products = []", "$.products", id="no-product"),
        pytest.param(PRODUCT + "color = 'red'", "color", id="an-unknown-field"),
        pytest.param(PRODUCT + "[pools.rack]\nthreshhold = 3", "threshhold", id="a-mistyped-term"),
        pytest.param(PRODUCT + "[pool.rack]\nthreshold = 3", "pool", id="a-mistyped-table"),
        pytest.param(PRODUCT + "[pools.Rack]\nthreshold = 3", "$.pools", id="a-pools-name"),
        pytest.param(PRODUCT + "[pools.rack]\nthreshold = 2.5", "threshold", id="half-a-machine"),
        pytest.param(PRODUCT + "number = 1023", "number", id="the-number-of-all"),
        pytest.param(PRODUCT + "product_id = 'abc'", "product_id", id="no-id"),
        pytest.param(PRODUCT + 'pool = "rack\\n"', "pool", id="a-line-feed-after-a-name"),
        pytest.param(PRODUCT + "features = { export = 'never' }", "features", id="no-such-status"),
        pytest.param('[[products]]\nname = "A"\nkind = "phone"', "kind", id="no-such-kind"),
        pytest.param('[[products]]\nname = ""\nkind = "server"', "name", id="no-name"),
        pytest.param("number = " + "9" * 5_000, "digits", id="a-number-of-5000-digits"),
        pytest.param("a = " + "[" * 10_000, "recursion", id="10000-brackets"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    """The file, the place in it, and what a file looks like."""
    source = tmp_path / "catalog.toml"
    source.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_toml_catalog(source)
    assert caught.value.code is Code.CATALOG_INVALID
    assert str(source) in caught.value.detail
    assert place in caught.value.detail


@pytest.mark.parametrize(
    "content", [pytest.param(b"\xff\xfe", id="no-utf-8"), pytest.param(b"\x00" * 100, id="zeros")]
)
def test_what_is_no_text_is_no_catalog(tmp_path: Path, content: bytes) -> None:
    """Words, and no traceback."""
    source = tmp_path / "catalog.toml"
    source.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_toml_catalog(source)
    assert caught.value.code is Code.CATALOG_INVALID


def test_a_file_that_cannot_be_read_is_the_callers_to_mend(tmp_path: Path) -> None:
    """Not there, a folder, or larger than a megabyte."""
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (1024 * 1024 + 1))
    for source in (tmp_path / "nowhere.toml", tmp_path, large):
        with pytest.raises(UsageError) as caught:
            read_toml_catalog(source)
        assert caught.value.code is Code.INVALID_ARGUMENT
        assert str(source) in caught.value.detail
