"""Keys from the web, checked: which are Microsoft's, and which only look so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.microsoft.keys import ALPHABET, LENGTH, GenericKey
from tenure.microsoft.keys_check import Flaw, check
from tenure.programs.microsoft_keys import load_table

TABLE = load_table(None)
PRO = "W269N-WFGWX-YVC9B-4J6C9-T83GX"


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.label)
def test_every_published_key_is_found(row: GenericKey) -> None:
    """Each key of the table is in it, with all editions that share it."""
    checked = check(TABLE, row.key)
    assert row in checked.editions
    assert checked.problems == ()
    assert checked.nearest == ()


@pytest.mark.parametrize(
    ("wrong", "right", "label"),
    [
        ("W269N-WFGWX-YVC9B-4J6C9-T83GV", PRO, "Windows 11 Pro"),
        ("VDYBN-N2PY6-NQRQ9-KHSDM-2DQWJ", "VDYBN-27WPP-V4HQT-9VMD4-VMK7H", "Windows Server 2022 Standard"),
        ("WX4NM-KYWYW-QJJCY-PF3GW-KHQST", "WX4NM-KYWYW-QJJR4-XV3QB-6VM33", "Windows Server 2022 Datacenter"),
        ("WMDGN-G9PQG-XVJG6-GM7RQ-QXM6G", "WMDGN-G9PQG-XVVXX-R3X43-63DFG", "Windows Server 2019 Datacenter"),
    ],
    ids=["11 Pro", "2022 Standard", "2022 Datacenter", "2019 Datacenter"],
)
def test_the_wrong_keys_of_a_common_guide_are_found_out(wrong: str, right: str, label: str) -> None:
    """Each is not in the table; the edition that was meant is named, with the places that differ."""
    checked = check(TABLE, wrong)
    assert not checked.found
    assert checked.shown == wrong
    assert (checked.nearest[0].key, checked.nearest[0].label) == (right, label)
    typed, true = wrong.replace("-", ""), right.replace("-", "")
    assert [((d.group - 1) * 5 + d.place - 1, d.found, d.expected) for d in checked.differences] == [
        (at, a, b) for at, (a, b) in enumerate(zip(typed, true, strict=True)) if a != b
    ]


@pytest.mark.parametrize(
    ("typed", "flaws", "found"),
    [
        pytest.param(PRO.lower(), [Flaw.LOWER_CASE], True, id="lower case"),
        pytest.param(PRO.replace("-", "\u2013"), [Flaw.SEPARATOR], True, id="en dashes"),
        pytest.param(PRO.replace("-", " "), [Flaw.SEPARATOR], True, id="spaces"),
        pytest.param(PRO.replace("-", ""), [Flaw.SEPARATOR], True, id="no dashes"),
        pytest.param(f"  {PRO}\n", [], True, id="space around"),
        pytest.param(PRO.replace("W2", "O2"), [Flaw.WRONG_LETTER], False, id="letter that no key uses"),
        pytest.param("W269N-WFGWX-4J6C9-T83GX", [Flaw.MISSING_GROUP], False, id="missing group"),
        pytest.param(PRO + "-T83GX", [Flaw.EXTRA_GROUP], False, id="extra group"),
        pytest.param(PRO.replace("YVC9B", "YVCB"), [Flaw.GROUP_LENGTH], False, id="short group"),
        pytest.param("w269n-wfgwx-4j6c9-t83gx", [Flaw.LOWER_CASE, Flaw.MISSING_GROUP], False, id="two flaws"),
    ],
)
def test_flaws_of_writing_are_told(typed: str, flaws: list[Flaw], *, found: bool) -> None:
    """Lower case and odd dashes do not hide a key, wrong letters and missing groups are named; Pro is recognized."""
    checked = check(TABLE, typed)
    assert [problem.flaw for problem in checked.problems] == flaws
    assert checked.found is found
    rows = checked.editions or checked.nearest
    assert [row.label for row in rows] == ["Windows 11 Pro", "Windows 10 Pro"]


def test_a_missing_group_is_aligned() -> None:
    """The five characters that are missing are told, not 14 that moved."""
    differences = check(TABLE, "W269N-WFGWX-4J6C9-T83GX").differences
    assert [(d.group, d.place, d.found, d.expected) for d in differences] == [
        (3, place, None, letter) for place, letter in enumerate("YVC9B", 1)
    ]


def test_a_character_too_many_is_told() -> None:
    """An inserted character is told with the place before which it stands."""
    (difference,) = check(TABLE, "W269N-WFGWX-YVCC9B-4J6C9-T83GX").differences
    assert (difference.group, difference.found, difference.expected) == (3, "C", None)


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [("", Flaw.EMPTY), (" - \u2013 ", Flaw.EMPTY), ("N" * 201, Flaw.TOO_LONG), ("W269N", Flaw.MISSING_GROUP)],
    ids=["empty", "dashes only", "endless", "one group"],
)
def test_what_is_no_key_is_said_so(typed: str, flaw: Flaw) -> None:
    """Nothing, noise and fragments are flaws, not errors."""
    assert flaw in {problem.flaw for problem in check(TABLE, typed).problems}


UNKNOWN = "NGGBB-2CCDD-4FFHH-6JJKK-8MMPQ"


def test_a_key_that_may_be_secret_is_not_repeated() -> None:
    """Of a key that is near no row (a MAK or host key) only the last group is kept."""
    checked = check(TABLE, UNKNOWN)
    assert checked.shown == "...8MMPQ"
    assert checked.nearest == ()
    assert "NGGBB" not in repr(checked)


def test_many_n_are_told_where_nothing_better_is_known() -> None:
    """A key with two N has not the form of any published one."""
    flaws = [problem.flaw for problem in check(TABLE, UNKNOWN.replace("GG", "NG", 1)).problems]
    assert flaws == [Flaw.LETTER_N]


@given(st.sampled_from(TABLE.rows), st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_letter_never_hides_the_key(row: GenericKey, place: int, letter: str) -> None:
    """Any single wrong letter leads back to the row and is the only difference."""
    true = row.characters
    checked = check(TABLE, true[:place] + letter + true[place + 1 :])
    if letter == true[place]:
        assert checked.found
    else:
        assert checked.nearest[0].characters == true
        (difference,) = checked.differences
        assert (difference.found, difference.expected) == (letter, true[place])


@given(st.text(max_size=250))
def test_nothing_that_is_typed_breaks_the_check(typed: str) -> None:
    """Whatever is typed, the answer can be printed safely."""
    checked = check(TABLE, typed)
    assert checked.shown.isascii()
    assert checked.shown.isprintable()
    assert all(problem.detail.isascii() for problem in checked.problems)
