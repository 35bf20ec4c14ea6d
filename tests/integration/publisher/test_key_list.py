"""`tenure publisher key list`, `show`, `edit` and `revoke`, from the arguments to the words, and among ten thousand keys."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.policy import Kind
from tenure.core.product_key import KeyType
from tenure.programs import publisher
from tenure.programs.publisher import open_authority
from tenure.publisher.authority import NewProduct
from tenure.publisher.key_records import KeyQuery

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]
    Key = Callable[..., int]

NASTY = '=HYPERLINK("http://x"), שלום'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """`TENURE_HOME`: a publisher with a host key and two MAKs."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path))
    home = Home(tmp_path)
    publisher.init(home, name="Example Software", contact="", publisher_url=None)
    publisher.add_products(home, source=None, product=NewProduct(name="Draft Studio", kind=Kind.WORKSTATION))
    publisher.issue_host_key(home, pools=(), customer="Example Corp", agreement="A-1", trial=False)
    for customer, activations in (("Other Corp", 5), (NASTY, 3)):
        publisher.issue_machine_key(
            home, KeyType.MAK, product=None, activations=activations, customer=customer, agreement=""
        )
    return home


@pytest.fixture
def key(home: Home) -> Key:
    """The exit code of `tenure publisher key ...`."""
    return lambda *arguments: run(command, ["publisher", "key", *arguments])


def listed(capsys: Captured) -> list[dict[str, Any]]:
    """The keys in the one JSON object since the last look."""
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["keys"]
    return found


@pytest.mark.parametrize(
    ("arguments", "customers"),
    [
        pytest.param((), ["Example Corp", "Other Corp", NASTY], id="all"),
        pytest.param(("corp",), ["Example Corp", "Other Corp"], id="text"),
        pytest.param(("corp", "mak"), ["Other Corp"], id="two-words"),
        pytest.param(("--customer", "example"), ["Example Corp"], id="customer"),
        pytest.param(("--agreement", "a-1"), ["Example Corp"], id="agreement"),
        pytest.param(("--type", "mak"), ["Other Corp", NASTY], id="type"),
        pytest.param(("--product", "draft studio"), ["Other Corp", NASTY], id="product"),
        pytest.param(("--holder", "nobody"), [], id="holder"),
        pytest.param(("--partial", "99999"), [], id="partial"),
        pytest.param(("--sort", "customer"), [NASTY, "Example Corp", "Other Corp"], id="sorted"),
        pytest.param(("--limit", "2"), ["Other Corp", NASTY], id="the-last-two"),
    ],
)
def test_keys_are_searched(
    key: Key, capsys: Captured, arguments: tuple[str, ...], customers: list[str]
) -> None:
    """Every option; `--json` also says how many there are without the limit."""
    assert key("list", *arguments, "--json") == 0
    assert [one["customer"] for one in listed(capsys)] == customers


def test_a_table_fits_a_pager(key: Key, home: Home, capsys: Captured) -> None:
    """One line a key, however long its customer's name; what no limit shows is said."""
    assert key("list", "--limit", "2") == 0
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if NASTY in line]
    for report in publisher.list_keys(home, KeyQuery(customer=NASTY)):
        for part in (
            report.key.key_id[:10],
            f"...{report.key.partial}",
            "mak",
            "Draft Studio",
            "0 of 3",
            "open",
        ):
            assert part in line
    assert "2 of 3 keys" in told


def test_no_key_like_that_is_said_in_words(key: Key, capsys: Captured) -> None:
    """Not as an empty table; exit 0."""
    assert key("list", "nothing", "like", "that") == 0
    assert "No key is like that" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["-", "keys.csv"])
def test_csv_holds_every_fact_and_no_formula(
    key: Key, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The columns are the members of `--json`; in a file with the mark by which Excel knows UTF-8."""
    monkeypatch.chdir(tmp_path)
    assert key("list", "--json") == 0
    (*_, told) = listed(capsys)
    assert key("list", "--csv", path) == 0
    text = capsys.readouterr().out if path == "-" else (tmp_path / path).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 3
    assert list(rows[-1]) == list(told)
    assert rows[-1]["customer"] == "'" + NASTY
    assert (rows[-1]["issued"], rows[-1]["pools"], rows[-1]["blocked"]) == (told["issued"], "", "no")


def test_two_formats_at_once_are_refused(key: Key) -> None:
    """Exit 2."""
    assert key("list", "--csv", "-", "--json") == 2


def test_the_beginning_of_an_id_is_taken_for_the_whole(key: Key, home: Home, capsys: Captured) -> None:
    """By `show`, `edit` and `revoke`, as the table shows it; what was changed is shown."""
    whole = publisher.list_keys(home)[1].key.key_id
    typed = whole[:10]
    assert key("edit", typed, "--customer", "New Name", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"key_id": whole, "customer": "New Name", "agreement": ""}
    assert key("revoke", typed, "--reason", "leaked") == 0
    assert whole in capsys.readouterr().out
    assert key("show", typed) == 0
    told = capsys.readouterr().out
    for part in (whole, "New Name", "revoked since", "leaked"):
        assert part in told
    assert key("show", whole[:5]) == 3
    assert key("edit", typed) == 2


def test_ten_thousand_keys_are_listed_and_searched_in_little_time(home: Home) -> None:
    """Far under what anybody would wait for; the limit here leaves room for a busy machine."""
    (template, *_) = publisher.list_keys(home)
    with open_authority(home) as authority, authority.store.transaction() as rows:
        for number in range(10_000):
            rows.add_key(replace(template.key, key_id=f"id-{number:05}", customer=f"Customer {number:05}"))
    began = time.monotonic()
    assert len(publisher.list_keys(home)) == 10_003
    (found,) = publisher.list_keys(home, KeyQuery(text="customer 07777"))
    assert found.key.key_id == "id-07777"
    assert time.monotonic() - began < 10
