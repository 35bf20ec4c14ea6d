"""What people and disks do to the command line: an error in words, the right exit code, no traceback, nothing lost."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from simulators.processes import Finished, serving, tenure
from tenure.core.product_key import KeyType, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRANGER = make(KeyType.GENERIC, 0, 4711).text
HOST_KEY = make(KeyType.HOST, 1023, 4711).text


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which `tenure up` runs while the tests of this file do."""
    home = tmp_path_factory.mktemp("home")
    with serving("up", "--port", "0", "--publisher-port", "0", home=home):
        yield home


def said(home: Path) -> dict[str, Any]:
    """The quickstart file."""
    value: dict[str, Any] = json.loads((home / "quickstart.json").read_text())
    return value


def assert_in_words(finished: Finished, exit_code: int) -> None:
    """The exit code is right, an error and usually a cure are told, and no traceback is."""
    assert finished.exit_code == exit_code, finished.out + finished.err
    assert "Traceback" not in finished.out + finished.err
    assert finished.err.startswith(("error:", "Usage:"))


COMMANDS = [
    pytest.param(("client", "install-key", "ABCDE"), 2, id="half-a-key"),
    pytest.param(("client", "install-key", "Z" * 10_000), 2, id="a-very-long-key"),
    pytest.param(("client", "install-key", "\u20ac" * 25), 2, id="a-key-of-euro-signs"),
    pytest.param(("client", "install-key", STRANGER), 2, id="a-key-without-a-catalog"),
    pytest.param(
        ("client", "install-key", HOST_KEY, "--catalog", "{catalog}"), 2, id="a-host-key-for-a-machine"
    ),
    pytest.param(
        ("client", "install-key", STRANGER, "--catalog", "{catalog}"), 3, id="a-key-of-another-product"
    ),
    pytest.param(
        ("client", "install-key", "{generic}", "--catalog", "/nowhere"), 2, id="a-catalog-that-is-not-there"
    ),
    pytest.param(
        ("client", "install-key", "{generic}", "--catalog", "{garbage}"), 5, id="a-catalog-that-is-none"
    ),
    pytest.param(
        ("client", "install-key", "{generic}", "--catalog", "{catalog}", "--root", "{signing}"),
        5,
        id="another-root",
    ),
    pytest.param(("client", "set-host", "not a host"), 2, id="no-address"),
    pytest.param(("client", "set-host", "host:99999"), 2, id="no-port"),
    pytest.param(("client", "activate"), 2, id="nothing-installed"),
    pytest.param(
        ("host", "install-key", "{generic}", "--catalog", "{catalog}"), 2, id="a-generic-key-for-a-host"
    ),
    pytest.param(
        ("host", "install-key", HOST_KEY, "--catalog", "{garbage}"), 5, id="a-host-catalog-that-is-none"
    ),
    pytest.param(("host", "activate"), 2, id="a-host-without-key"),
    pytest.param(("host", "status"), 2, id="no-host"),
    pytest.param(
        ("host", "serve", "--host", "203.0.113.1", "--port", "0"), 2, id="an-address-of-somebody-else"
    ),
    pytest.param(("publisher", "key", "list"), 2, id="no-publisher"),
    pytest.param(("publisher", "serve", "--port", "0"), 2, id="nobody-to-serve"),
    pytest.param(("publisher", "product", "add", "--from", "{garbage}"), 2, id="a-toml-that-is-none"),
    pytest.param(("publisher", "product", "add"), 2, id="no-product"),
    pytest.param(
        (
            "fleet",
            "--machines",
            "1",
            "--host",
            "{activation_url}",
            "--product",
            "No Such",
            "--catalog",
            "{catalog}",
        ),
        2,
        id="a-fleet-of-an-unknown-product",
    ),
    pytest.param(("no-such-command",), 2, id="no-such-command"),
]


@pytest.mark.parametrize(("command", "exit_code"), COMMANDS)
def test_a_command_that_cannot_be_meant_so(
    home: Path, tmp_path: Path, command: tuple[str, ...], exit_code: int
) -> None:
    """On a home of its own, beside a system that runs."""
    garbage = tmp_path / "garbage"
    garbage.write_bytes(os.urandom(2000))
    names = {
        "catalog": said(home)["catalog"],
        "generic": said(home)["products"][0]["generic_key"],
        "signing": said(home)["publisher_key"],
        "activation_url": said(home)["activation_url"],
        "garbage": str(garbage),
    }
    arguments = [argument.format(**names) if "{" in argument else argument for argument in command]
    assert_in_words(tenure(*arguments, home=tmp_path / "new"), exit_code)


def test_a_host_that_is_not_there_is_exit_4_with_the_hresult(home: Path, tmp_path: Path) -> None:
    """0xC004F074, the address and the reason; the same as JSON."""
    machine = tmp_path / "machine"
    generic = said(home)["products"][0]["generic_key"]
    assert (
        tenure("client", "install-key", generic, "--catalog", said(home)["catalog"], home=machine).exit_code
        == 0
    )
    assert tenure("client", "set-host", "127.0.0.1:9", home=machine).exit_code == 0
    refused = tenure("client", "activate", home=machine)
    assert_in_words(refused, 4)
    assert "127.0.0.1:9" in refused.err
    assert "0xC004F074" in refused.err
    as_json = tenure("client", "activate", "--json", home=machine)
    assert as_json.exit_code == 4
    assert "host_unreachable" in as_json.out


def test_a_publisher_that_is_not_there_is_exit_4(home: Path, tmp_path: Path) -> None:
    """The host's home is as before, and the next try works."""
    host = tmp_path / "host"
    catalog = said(home)["catalog"]
    issued = tenure("publisher", "key", "issue", "--type", "host", "--json", home=home).json
    assert (
        tenure("host", "install-key", "-", "--catalog", catalog, home=host, stdin=issued["key"]).exit_code
        == 0
    )
    assert_in_words(tenure("host", "activate", "--publisher", "http://127.0.0.1:9", home=host), 4)
    assert tenure("host", "status", "--json", home=host).json["activated"] is False
    activated = tenure("host", "activate", "--json", home=host)
    assert (activated.exit_code, activated.json["used"], activated.json["limit"]) == (0, 1, 6)


def test_a_key_that_the_publisher_never_issued_is_exit_3(home: Path, tmp_path: Path) -> None:
    """A well-formed key of a stranger."""
    host = tmp_path / "host"
    assert (
        tenure("host", "install-key", HOST_KEY, "--catalog", said(home)["catalog"], home=host).exit_code == 0
    )
    refused = tenure("host", "activate", home=host)
    assert_in_words(refused, 3)
    assert "key_unknown" in refused.err


def test_a_damaged_database_is_exit_5_and_kept(tmp_path: Path) -> None:
    """The file is named and left as it is, for whoever can mend it."""
    database = tmp_path / "publisher" / "publisher.db"
    assert tenure("publisher", "init", "--name", "Example", home=tmp_path).exit_code == 0
    database.write_bytes(b"not a database any more " * 400)
    refused = tenure("publisher", "key", "list", home=tmp_path)
    assert_in_words(refused, 5)
    assert str(database) in refused.err
    assert database.read_bytes().startswith(b"not a database any more")


def test_a_home_that_is_a_file_is_exit_1(tmp_path: Path) -> None:
    """The operating system's reason is told."""
    home = tmp_path / "file"
    home.write_text("in the way")
    assert_in_words(tenure("publisher", "init", "--name", "Example", home=home), 1)


def test_errors_are_json_when_json_is_asked_for(tmp_path: Path) -> None:
    """One object with code, detail, cure and HRESULT."""
    refused = tenure("client", "install-key", "ABCDE", "--json", home=tmp_path)
    assert refused.exit_code == 2
    assert set(refused.json["error"]) == {"code", "detail", "cure", "hresult"}
    assert refused.json["error"]["code"] == "product_key_malformed"


MICROSOFTS = "W269N-WFGWX-YVC9B-4J6C9-T83GX"
"""A generic key that Microsoft publishes."""


@pytest.mark.parametrize(
    "command",
    [
        ("client", "install-key", MICROSOFTS),
        ("host", "install-key", MICROSOFTS, "--catalog", "{catalog}"),
        ("slmgr", "/ipk", MICROSOFTS),
    ],
    ids=["client", "host", "slmgr"],
)
def test_a_key_of_microsofts_is_told_where_it_belongs(
    home: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Exit 3: Tenure never activates a product of Microsoft's (ADR 0001)."""
    arguments = [argument.format(catalog=said(home)["catalog"]) for argument in command]
    refused = tenure(*arguments, home=tmp_path)
    assert refused.exit_code == 3, refused.out + refused.err
    assert "slmgr" in refused.err
    assert "Microsoft" in refused.err
