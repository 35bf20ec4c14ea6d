"""How machines name their editions, and how lists of machines do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Refused
from tenure.microsoft.keys import GenericKey, parse_table
from tenure.microsoft.products import BUILDS, EditionMatcher, OfficeGuard, WindowsGuard, guard_of
from tenure.programs.microsoft_keys import load_table

TABLE = load_table(None)
MATCHER = EditionMatcher(TABLE)


def row_of(product: str, edition: str) -> GenericKey:
    """The one row of exactly this product and edition."""
    (row,) = (one for one in TABLE.rows if (one.product, one.edition) == (product, edition))
    return row


def test_every_row_can_be_asked_of_a_machine() -> None:
    """No edition of the table is rolled out blindly: each has a way to ask the machine, and Windows a range of builds."""
    for row in TABLE.rows:
        guard = guard_of(row)
        assert isinstance(guard, OfficeGuard if row.kind == "office" else WindowsGuard), row.label
        assert row.kind == "office" or row.product in BUILDS


def test_no_machine_fits_two_keys() -> None:
    """Editions with different keys never fit the same EditionID and build, or the same license of Office."""
    seen: list[tuple[WindowsGuard | OfficeGuard, str]] = []
    for row in TABLE.rows:
        guard = guard_of(row)
        assert guard is not None
        for other, key in seen:
            if isinstance(guard, OfficeGuard) or isinstance(other, OfficeGuard):
                assert guard != other
            elif guard.edition_id == other.edition_id and key != row.key:
                assert guard.last_build < other.first_build or other.last_build < guard.first_build, row.label
        seen.append((guard, row.key))


@pytest.mark.parametrize(
    ("product", "edition", "guard"),
    [
        ("Windows 11", "Pro", WindowsGuard("Professional", 22000, 999_999)),
        ("Windows 10", "Enterprise G N", WindowsGuard("EnterpriseGN", 10240, 19045)),
        ("Windows 10 LTSC 2019", "Enterprise", WindowsGuard("EnterpriseS", 17763, 17763)),
        ("Windows IoT Enterprise LTSC 2024", "IoT Enterprise", WindowsGuard("IoTEnterpriseS", 26100, 26100)),
        ("Windows Server 2022", "Datacenter", WindowsGuard("ServerDatacenter", 20348, 20348)),
        ("Windows Server, version 1709", "Standard", WindowsGuard("ServerStandardACor", 16299, 16299)),
        ("Office 2016", "Office Professional Plus 2016", OfficeGuard("Office16ProPlusVL_KMS_Client")),
        ("Office 2019", "Visio Standard 2019", OfficeGuard("Office19VisioStd2019VL_KMS_Client")),
        ("Office LTSC 2021", "Word LTSC 2021", OfficeGuard("Office21Word2021VL_KMS_Client")),
    ],
)
def test_an_edition_is_told_by_the_names_that_machines_use(product: str, edition: str, guard: object) -> None:
    """EditionID and build as Windows has them in its registry, license names as ospp.vbs prints them."""
    assert guard_of(row_of(product, edition)) == guard


def test_a_newer_product_is_asked_for_its_edition_alone() -> None:
    """A product that a newer table adds has no known builds; an edition with an unknown name is not rolled out."""
    text = (
        "product,edition,gvlk\nWindows Server 2028,Standard,W269N-WFGWX-YVC9B-4J6C9-T83GX\n"
        "Windows 13,Ultra,NPPR9-FWDCX-D2C8J-H872K-2YT43\nOffice 2029,Whiteboard 2029,NPPR9-FWDCX-D2C8J-H872K-2YT43\n"
    )
    known, *unknown = parse_table(text, what="new.csv").rows
    assert guard_of(known) == WindowsGuard("ServerStandard", 0, 999_999)
    assert [guard_of(row) for row in unknown] == [None, None]


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.label)
def test_every_row_is_matched_by_its_own_words(row: GenericKey) -> None:
    """Product and edition as the table writes them are that row alone."""
    assert MATCHER.match(row.product, row.edition) == (row,)


@pytest.mark.parametrize(
    ("product", "edition", "labels"),
    [
        ("Microsoft Windows 11 Pro", "", ["Windows 11 Pro"]),
        ("windows 10", "PROFESSIONAL", ["Windows 10 Pro"]),
        ("Windows(R) 7", "Enterprise edition", ["Windows 7 Enterprise"]),
        ("Microsoft Windows Server 2022 Standard", "", ["Windows Server 2022 Standard"]),
        ("Windows Server 2012", "R2 Datacenter", ["Windows Server 2012 R2 Datacenter"]),
        ("Microsoft Windows 10 Enterprise 2016 LTSB", "", ["Windows 10 LTSB 2016 Enterprise"]),
        (
            "Microsoft Windows 10 Enterprise LTSC",
            "",
            ["Windows 10 LTSC 2021 Enterprise", "Windows 10 LTSC 2019 Enterprise"],
        ),
        (
            "Windows Server version 20H2",
            "Standard",
            ["Windows Server, versions 20H2, 2004, 1909, 1903, 1809 Standard"],
        ),
        ("Office 2019", "Professional Plus", ["Office Professional Plus 2019"]),
    ],
)
def test_lists_may_write_it_as_windows_does(product: str, edition: str, labels: list[str]) -> None:
    """What WMI's Caption and people write is understood, where it can mean one key only."""
    assert [row.label for row in MATCHER.match(product, edition)] == labels


@pytest.mark.parametrize(
    ("product", "edition", "said", "cure"),
    [
        ("Windows Server", "Standard", "more than one edition", "Windows Server 2025 Standard"),
        ("Windows", "Pro", "more than one edition", "Windows 8.1 Pro"),
        ("Windows 11", "Home", "not in the table", "Windows 11 Pro"),
        ("", "", "not in the table", "tenure microsoft keys"),
        ("x" * 100_000, "", "not in the table", "tenure microsoft keys"),
    ],
    ids=["which server", "which Windows", "no volume edition", "nothing", "endless"],
)
def test_what_is_not_clear_is_refused(product: str, edition: str, said: str, cure: str) -> None:
    """No key is guessed; what comes near is named, in a message of bounded length. Asked again, the same."""
    for _ in range(2):
        with pytest.raises(Refused, match=said) as refused:
            MATCHER.match(product, edition)
        assert refused.value.code is Code.PRODUCT_UNKNOWN
        assert cure in refused.value.cure
        assert len(str(refused.value)) < 600


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_one_key_or_refused(product: str, edition: str) -> None:
    """Whatever is written, it is rows of one key or a refusal."""
    try:
        found = MATCHER.match(product, edition)
    except Refused:
        return
    assert len({row.key for row in found}) == 1
