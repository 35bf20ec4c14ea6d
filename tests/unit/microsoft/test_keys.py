"""Microsoft's table of generic keys, as it travels with Tenure, and how it is searched."""

from __future__ import annotations

import pytest

from tenure.core.errors import Code, UsageError
from tenure.microsoft.keys import ALPHABET, GenericKey, find, parse_table, words
from tenure.programs.microsoft_keys import load_table

TABLE = load_table(None)


def test_the_table_is_whole_and_dated() -> None:
    """135 rows with 118 different keys, from two named pages, the newer of 2024-10-01."""
    assert len(TABLE.rows) == 135
    assert len(TABLE.by_characters) == 118
    assert TABLE.as_of == "2024-10-01"
    assert [source.split(" ")[0] for source in TABLE.sources] == [
        "MicrosoftDocs/windowsserverdocs",
        "MicrosoftDocs/OfficeDocs-DeployOffice",
    ]


def test_todays_keys_hold_one_n_and_older_ones_none() -> None:
    """What tells Microsoft's keys from Tenure's, which never hold an N, is true of the whole table."""
    older = ("Windows Vista", "Windows 7", "Windows Server 2008", "Windows Server 2008 R2")
    for row in TABLE.rows:
        assert row.characters.count("N") == (0 if row.product in older else 1), row.label
        assert {*row.characters} <= {*ALPHABET}


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.label)
def test_every_row_is_found_by_its_name_and_by_its_key(row: GenericKey) -> None:
    """Product and edition find the row first or beside its equals; the key and its last group find it too."""
    assert find(TABLE, [row.product, row.edition])[0].label == row.label
    assert row in find(TABLE, [row.key])
    assert row in find(TABLE, [row.partial])


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("t83gx", ["Windows 11 Pro", "Windows 10 Pro"]),
        (
            "Windows 11 professional n",
            ["Windows 11 Pro N", "Windows 11 Pro Education N", "Windows 11 Pro for Workstations N"],
        ),
        ("2022 data azure", ["Windows Server 2022 Datacenter: Azure Edition"]),
        ("Microsoft Windows Server 2019 Standard", ["Windows Server 2019 Standard"]),
        ("office 2016 visio", ["Visio Professional 2016", "Visio Standard 2016"]),
        ("ltsb 2015", ["Windows 10 LTSB 2015 Enterprise", "Windows 10 LTSB 2015 Enterprise N"]),
        ("windows 3.11", []),
    ],
)
def test_a_query_finds_what_fits_all_its_words(query: str, labels: list[str]) -> None:
    """Words are the beginnings of words, whatever their case; the row that says least more stands first."""
    assert [row.label for row in find(TABLE, query.split())] == labels


def test_no_query_finds_all() -> None:
    """An empty query lists the table in its own order."""
    assert find(TABLE, []) == TABLE.rows


def test_pro_is_not_project() -> None:
    """Pro and Professional are one word, and no other begins with it."""
    assert words("Professional") == words("Pro")
    assert not any("Project Standard" in row.label for row in find(TABLE, ["pro"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "no column", id="empty"),
        pytest.param("product,edition\n", "holds no key", id="no rows"),
        pytest.param("a,b\n1,2\n", "no column 'product', 'edition'", id="other columns"),
        pytest.param("product,edition,gvlk\nW,E,W269N\n", "line 2: 'W269N' has not the form", id="short key"),
        pytest.param(
            "product,edition,gvlk\nW,E,w269n-wfgwx-yvc9b-4j6c9-t83gx\n", "line 2", id="lower case is refused"
        ),
        pytest.param(
            "product,edition,gvlk\n,E,W269N-WFGWX-YVC9B-4J6C9-T83GX\n", "names of 1 to", id="nameless product"
        ),
        pytest.param(
            f"product,edition,gvlk\nW,{'E' * 121},W269N-WFGWX-YVC9B-4J6C9-T83GX\n",
            "names of 1 to",
            id="endless name",
        ),
        pytest.param(
            "product,edition,gvlk\nW,\x1b[2J,W269N-WFGWX-YVC9B-4J6C9-T83GX\n",
            "names of 1 to",
            id="control characters",
        ),
        pytest.param('product,edition,gvlk\nW,"E,x\n', "no CSV", id="open quotation mark"),
        pytest.param(
            "product,edition,gvlk\n" + "W,E,W269N-WFGWX-YVC9B-4J6C9-T83GX\n" * 10_001,
            "more than 10,000",
            id="endless",
        ),
    ],
)
def test_a_damaged_table_is_refused(text: str, said: str) -> None:
    """A newer table that is none is refused with the line and what is wrong there."""
    with pytest.raises(UsageError, match=said) as refused:
        parse_table(text, what="new.csv")
    assert refused.value.code is Code.INVALID_ARGUMENT


def test_a_newer_table_needs_three_columns_only() -> None:
    """Kind is told from the product's name; a source without a date gives a table without one."""
    table = parse_table(
        "edition;product;key\nStandard;Windows Server 2028;W269N-WFGWX-YVC9B-4J6C9-T83GX\n", what="new.csv"
    )
    assert table.rows[0].kind == "server"
    assert table.rows[0].label == "Windows Server 2028 Standard"
    assert table.as_of is None
    assert table.sources == ()
