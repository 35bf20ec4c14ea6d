from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.cli import slmgr
from tenure.cli.slmgr_switches import SWITCHES, Meaning, Switch, as_number, parse_words, usage
from tenure.core.errors import Code, UsageError

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "slmgr.md"
MICROSOFT = (
    "ipk ato dli dlv xpr cpky ilc rilc rearm rearm-app rearm-sku upk dti atp skms ckms skms-domain ckms-domain skhc "
    "ckhc sai sri sprt sdns cdns spri cpri act-type ad-activation-online ad-activation-get-iid "
    "ad-activation-apply-cid ao-list del-ao lil ril ltc fta stao ctao"
)
"""Every switch of kms-facts, section 6."""

WORKING = [switch for switch in SWITCHES.values() if switch.meaning is Meaning.WORKS]
IDLE = [switch for switch in SWITCHES.values() if switch.meaning is not Meaning.WORKS]


def named(switch: Switch) -> str:
    """Its name, as a test's id."""
    return switch.name


def refusal(*words: str) -> UsageError:
    """Why the words are refused."""
    with pytest.raises(UsageError) as caught:
        parse_words(words)
    assert caught.value.cure
    return caught.value


def test_every_switch_of_microsofts_script_is_known() -> None:
    """None is unknown, and none is ours alone."""
    assert set(SWITCHES) == set(MICROSOFT.split())


def test_what_works_is_carried_out_and_nothing_else() -> None:
    """The table of switches and the table of what carries them out name the same."""
    assert set(slmgr.SWITCHES) == {switch.name for switch in WORKING}


def test_every_switch_stands_in_the_reference() -> None:
    """docs/reference/slmgr.md has a row for each, and for no other."""
    rows = re.findall(r"^\| `/([a-z-]+)", PAGE.read_text(), flags=re.MULTILINE)
    assert sorted(rows) == sorted(SWITCHES)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("/dli", "dli"),
        ("-dli", "dli"),
        ("/DLI", "dli"),
        ("-SkMs-DoMaIn", "skms-domain"),
        ("\u2013xpr", "xpr"),
    ],
    ids=["slash", "hyphen", "upper-case", "any-case", "a-dash-from-a-word-processor"],
)
def test_a_switch_is_known_however_it_is_written(typed: str, name: str) -> None:
    """Slash or dash, in any case."""
    arguments = ["corp.example"] if name == "skms-domain" else []
    request = parse_words([typed, *arguments])
    assert (request.switch.name, list(request.arguments)) == (name, arguments)


@pytest.mark.parametrize("switch", WORKING, ids=named)
def test_a_switch_takes_its_parameters_and_no_more(switch: Switch) -> None:
    """Too few and too many are refused, and the error shows how it is written."""
    needed = [p for p in switch.parameters if not p.startswith("[")]
    assert parse_words([f"/{switch.name}", *("1" for _ in needed)]).switch is switch
    assert parse_words([f"/{switch.name}", *("1" for _ in switch.parameters)]).switch is switch
    error = refusal(f"/{switch.name}", *("1" for _ in switch.parameters), "2", "3")
    assert switch.typed in error.cure
    if needed:
        assert switch.typed in refusal(f"/{switch.name}", *("1" for _ in needed[1:])).cure


@pytest.mark.parametrize("switch", IDLE, ids=named)
def test_a_switch_that_does_nothing_says_so_and_names_what_to_use(switch: Switch) -> None:
    """Whatever stands after it; whether it comes later or never is told."""
    error = refusal(f"/{switch.name}", "some", "thing")
    assert error.code is Code.NOT_AVAILABLE
    assert switch.meaning.value in error.detail
    assert error.cure == switch.instead


def test_a_setting_of_the_machine_takes_no_activation_id() -> None:
    """Where Microsoft takes one, the error says that it holds for the whole machine."""
    assert "whole machine" in refusal("/skms", "kms.example", "00000000-0000-0000-0000-000000000001").detail


@pytest.mark.parametrize("words", [("pc42", "/dlv"), ("pc42", "admin", "hunter2", "/dlv"), ("pc42",)])
def test_a_computers_name_is_told_how_remote_machines_are_managed(words: tuple[str, ...]) -> None:
    """By ssh or WinRM, with the line to type; a password is never repeated."""
    error = refusal(*words)
    assert "ssh pc42 tenure slmgr" in error.cure
    assert "Invoke-Command -ComputerName pc42" in error.cure
    assert ("/dlv" in error.cure) == ("/dlv" in words)
    assert "hunter2" not in str(error)


def test_git_bash_is_found_out() -> None:
    """It turns `/dli` into a path; a hyphen helps."""
    assert "-dli" in refusal("C:/Program Files/Git/dli").cure


def test_a_near_miss_is_helped() -> None:
    """The nearest switch is named; of nonsense none is."""
    assert "Did you mean /skms-domain?" in refusal("/skms-doman", "x").cure
    assert "Did you mean" not in refusal("/qqqqqq").cure


def test_without_a_switch_the_list_is_named() -> None:
    """An empty line, and a lone slash."""
    assert "/?" in refusal().cure
    assert "/?" in refusal("/").cure


@pytest.mark.parametrize(("typed", "number"), [("15", 15), ("0", 0), ("999999999", 999_999_999)])
def test_numbers_are_read(typed: str, number: int) -> None:
    """Whole ones; whether they are within bounds is for the setting to say."""
    assert as_number(parse_words(["/sai", typed])) == number


@pytest.mark.parametrize("typed", ["", "-1", "1.5", "abc", "1e3", "9" * 5000, "\u0665"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    """In words, whatever was typed."""
    with pytest.raises(UsageError) as caught:
        as_number(parse_words(["/sai", typed]))
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert "/sai MINUTES" in caught.value.cure


def test_the_list_names_every_switch() -> None:
    """What works with what it does, the rest by name."""
    text = "\n".join(usage())
    for switch in SWITCHES.values():
        assert f"/{switch.name}" in text
        assert (switch.does in text) == (switch.meaning is Meaning.WORKS)


@given(st.lists(st.text(max_size=20), max_size=4))
def test_any_words_are_a_request_or_an_error_in_words(words: list[str]) -> None:
    """Never anything else."""
    with suppress(UsageError):
        assert parse_words(words).switch.meaning is Meaning.WORKS
