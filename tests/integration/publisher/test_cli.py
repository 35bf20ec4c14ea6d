"""`tenure publisher`, from the arguments to the files, the words and the exit code."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import pytest

from simulators.authority import host_request
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.product_key import KeyType, parse
from tenure.programs.publisher import open_authority
from tenure.publisher.activation import activate_host
from tenure.wire.trust import catalogs_in, first_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenure.core.catalog import Catalog

Publisher: TypeAlias = "Callable[..., int]"
"""The exit code of `tenure publisher ...`."""
Captured: TypeAlias = "pytest.CaptureFixture[str]"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`TENURE_HOME`: a folder that does not exist yet."""
    home = tmp_path / "home"
    monkeypatch.setenv("TENURE_HOME", str(home))
    return home


@pytest.fixture
def empty(home: Path) -> Publisher:
    """The command line on a home where nobody was yet."""
    return lambda *arguments: run(command, ["publisher", *arguments])


@pytest.fixture
def publisher(empty: Publisher, capsys: Captured) -> Publisher:
    """The command line on a home with a publisher of two products."""
    assert empty("init", "--name", "Example Software", "--contact", "licenses@publisher.example") == 0
    assert empty("product", "add", "--name", "Draft Studio", "--kind", "workstation") == 0
    assert empty("product", "add", "--name", "Render Server", "--kind", "server") == 0
    capsys.readouterr()
    return empty


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def catalog(publisher: Publisher, capsys: Captured) -> Catalog:
    """The newest catalog, as `catalog export` prints it."""
    capsys.readouterr()
    assert publisher("catalog", "export") == 0
    return first_catalogs(catalogs_in(capsys.readouterr().out.encode())).newest


def test_a_publisher_is_made_step_by_step(empty: Publisher, home: Path, capsys: Captured) -> None:
    """Each step names the one after it; the exported file is what hosts and products are given."""
    out = home.parent / "catalog.json"
    for arguments, words in (
        (("init", "--name", "Example Software"), ("root.jwk", "product add")),
        (("product", "add", "--name", "Draft Studio", "--kind", "workstation"), ("key issue",)),
        (("key", "issue", "--type", "host"), ("cannot be shown again", "catalog export")),
        (("catalog", "export", "--out", str(out)), ("host install-key",)),
    ):
        assert empty(*arguments) == 0
        told = capsys.readouterr().out
        assert [word for word in words if word not in told] == []
    assert [product.name for product in first_catalogs(catalogs_in(out.read_bytes())).newest.products] == [
        "Draft Studio"
    ]


def test_init_tells_a_script_where_the_root_is(empty: Publisher, home: Path, capsys: Captured) -> None:
    """Id, thumbprint and path; the address has no slash at its end."""
    assert empty("init", "--name", "Example", "--url", "https://activation.example/", "--json") == 0
    said = printed(capsys)
    made = catalog(empty, capsys)
    assert said == {
        "publisher_id": str(made.publisher_id),
        "root_kid": made.roots[0].kid,
        "root_key": str(home / "publisher" / "root.jwk"),
    }
    assert made.publisher_url == "https://activation.example"


def test_a_second_init_is_refused_and_the_first_stays(publisher: Publisher, capsys: Captured) -> None:
    """Exit 2, and the same keys."""
    before = catalog(publisher, capsys)
    assert publisher("init", "--name", "Other", "--json") == 2
    assert printed(capsys)["error"]["code"] == "set_up_already"
    assert catalog(publisher, capsys) == before


def test_an_init_that_was_refused_can_be_mended(empty: Publisher, capsys: Captured) -> None:
    """A bad name leaves no half publisher behind."""
    assert empty("init", "--name", "") == 2
    assert empty("key", "list") == 2
    assert "publisher init" in capsys.readouterr().err
    assert empty("init", "--name", "Example Software") == 0
    assert catalog(empty, capsys).name == "Example Software"


def test_a_product_has_all_that_its_options_say(publisher: Publisher, capsys: Captured) -> None:
    """Pool with terms of its own, id, number, feature; the rest of the terms is the kind's default."""
    product_id = str(UUID(int=5))
    add = ("product", "add", "--name", "Rack Server", "--kind", "server", "--product-id", product_id)
    more = ("--number", "9", "--pool", "rack", "--lease-days", "90", "--feature", "export=notification")
    assert publisher(*add, *more, "--needs-os-id", "--json") == 0
    (said,) = printed(capsys)["products"]
    assert (said["product_id"], said["number"], said["pool"]) == (product_id, 9, "rack")
    made = catalog(publisher, capsys)
    product = made.product(UUID(int=5))
    assert product is not None
    assert parse(product.generic_keys[0]).product_number == 9
    assert product.features == {"export": "notification"}
    assert product.needs_os_id
    policy = made.policy_of(product)
    assert (policy.threshold, policy.lease_days, policy.window_days) == (5, 90, 30)


def test_what_a_product_wants_of_machines_is_set_and_lifted(publisher: Publisher, capsys: Captured) -> None:
    """By its name or id; the other product stays as it is."""
    assert publisher("product", "require-os-id", "Draft Studio") == 0
    assert "Machines with an installation id may ask for Draft Studio." in capsys.readouterr().out
    made = catalog(publisher, capsys)
    assert [product.needs_os_id for product in made.products] == [True, False]
    product_id = str(made.products[0].product_id)
    assert publisher("product", "require-os-id", product_id, "--lift", "--json") == 0
    assert printed(capsys)["needs_os_id"] is False
    assert publisher("product", "require-os-id", "No Such Product") == 3


def test_a_toml_file_brings_all_its_products_in_one_edition(
    publisher: Publisher, tmp_path: Path, capsys: Captured
) -> None:
    """Pools with their terms, numbers in the file's order."""
    source = tmp_path / "catalog.toml"
    source.write_text(
        "[pools.lab]\nthreshold = 3\n"
        '[[products]]\nname = "One"\nkind = "workstation"\npool = "lab"\n'
        '[[products]]\nname = "Two"\nkind = "server"\n'
    )
    before = catalog(publisher, capsys).seq
    assert publisher("product", "add", "--from", str(source), "--json") == 0
    assert [(one["name"], one["number"]) for one in printed(capsys)["products"]] == [("One", 2), ("Two", 3)]
    made = catalog(publisher, capsys)
    assert made.seq == before + 1
    assert made.pools["lab"].threshold == 3


ADD = ("product", "add", "--name", "New", "--kind", "server")
REFUSED = [
    pytest.param(("init", "--name", "Other"), 2, "set_up_already", id="a-second-init"),
    pytest.param(("product", "add"), 2, "invalid_argument", id="no-product"),
    pytest.param(("product", "add", "--name", "New"), 2, "invalid_argument", id="no-kind"),
    pytest.param((*ADD[:3], "Draft Studio", *ADD[4:]), 2, "catalog_invalid", id="a-name-twice"),
    pytest.param((*ADD, "--number", "0"), 2, "catalog_invalid", id="a-number-twice"),
    pytest.param((*ADD, "--number", "1023"), 2, "catalog_invalid", id="the-number-of-all"),
    pytest.param((*ADD, "--pool", "nowhere"), 2, "catalog_invalid", id="an-unknown-pool"),
    pytest.param((*ADD, "--pool", "No Name", "--threshold", "2"), 2, "catalog_invalid", id="a-pools-name"),
    pytest.param((*ADD, "--pool", "p", "--threshold", "0"), 2, "policy_out_of_bounds", id="a-threshold-of-0"),
    pytest.param((*ADD, "--threshold", "6"), 3, "product_taken", id="other-terms"),
    pytest.param((*ADD, "--feature", "export"), 2, "invalid_argument", id="a-feature-without-status"),
    pytest.param((*ADD, "--feature", "export=never"), 2, "invalid_argument", id="no-such-status"),
    pytest.param((*ADD, "--from", "{toml}"), 2, "invalid_argument", id="a-file-and-options"),
    pytest.param(("product", "add", "--from", "/nowhere"), 2, "invalid_argument", id="no-file"),
    pytest.param(("product", "add", "--from", "{toml}"), 2, "policy_out_of_bounds", id="bad-terms-in-a-file"),
    pytest.param(("product", "add", "--from", "{broken}"), 2, "catalog_invalid", id="no-toml"),
    pytest.param(("key", "issue", "--type", "host", "--pool", "x"), 2, "invalid_argument", id="a-keys-pool"),
    pytest.param(
        ("key", "issue", "--type", "host", "--activations", "9"), 2, "invalid_argument", id="9-hosts"
    ),
    pytest.param(
        ("key", "issue", "--type", "host", "--product", "x"), 2, "invalid_argument", id="a-hosts-product"
    ),
    pytest.param(
        ("key", "issue", "--type", "host", "--customer", "x\ny"), 2, "invalid_argument", id="2-lines"
    ),
    pytest.param(("key", "issue", "--type", "generic"), 2, "invalid_argument", id="which-product"),
    pytest.param(
        ("key", "issue", "--type", "generic", "--product", "x"), 3, "product_unknown", id="no-such-product"
    ),
    pytest.param(
        ("key", "issue", "--type", "generic", "--product", str(UUID(int=4))), 3, "product_unknown", id="no-id"
    ),
    pytest.param(
        ("key", "issue", "--type", "generic", "--product", "Draft Studio", "--trial"),
        2,
        "invalid_argument",
        id="a-generic-trial",
    ),
    pytest.param(
        ("key", "issue", "--type", "mak", "--product", "Draft Studio"), 2, "invalid_argument", id="how-many"
    ),
    pytest.param(
        ("key", "issue", "--type", "mak", "--product", "Draft Studio", "--activations", "0"),
        2,
        "invalid_argument",
        id="a-mak-of-none",
    ),
    pytest.param(
        ("key", "issue", "--type", "retail", "--product", "Draft Studio", "--activations", "2"),
        2,
        "invalid_argument",
        id="retail-for-two",
    ),
    pytest.param(("key", "show", "nobody"), 3, "key_unknown", id="no-such-key"),
    pytest.param(("key", "show", "-help"), 3, "key_unknown", id="an-id-that-begins-like-an-option"),
    pytest.param(
        ("activation", "release", str(UUID(int=1))), 3, "activation_unknown", id="no-such-activation"
    ),
]


@pytest.mark.parametrize(("arguments", "exit_code", "code"), REFUSED)
def test_a_mistake_is_told_in_words_and_changes_nothing(
    publisher: Publisher,
    *,
    tmp_path: Path,
    capsys: Captured,
    arguments: tuple[str, ...],
    exit_code: int,
    code: str,
) -> None:
    """Exit code, code and detail; the same for people; the catalog and the list of keys are as before."""
    files = {"toml": tmp_path / "bad.toml", "broken": tmp_path / "broken.toml"}
    files["toml"].write_text("[pools.lab]\nthreshold = 0\n" + '[[products]]\nname = "A"\nkind = "server"\n')
    files["broken"].write_text("[[products")
    given = [argument.format(**files) for argument in arguments]
    before = catalog(publisher, capsys)
    assert publisher(*given, "--json") == exit_code
    error = printed(capsys)["error"]
    assert error["code"] == code
    assert error["detail"]
    assert publisher(*given) == exit_code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {error['detail']}")
    assert catalog(publisher, capsys) == before
    assert publisher("key", "list", "--json") == 0
    assert printed(capsys)["keys"] == []


def test_every_command_but_init_says_that_there_is_no_publisher(
    empty: Publisher, home: Path, capsys: Captured
) -> None:
    """Exit 2, `not_set_up`, and nothing is made."""
    for arguments in (ADD, ("key", "list"), ("key", "show", "x"), ("catalog", "export"), ("serve",)):
        assert empty(*arguments) == 2
        assert "not_set_up" in capsys.readouterr().err
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "kind", "product", "activations"),
    [
        pytest.param(("host", "--customer", "C"), KeyType.HOST, None, 6, id="host"),
        pytest.param(
            ("mak", "--product", "Draft Studio", "--activations", "50"), KeyType.MAK, 0, 50, id="mak"
        ),
        pytest.param(("retail", "--product", "Render Server"), KeyType.RETAIL, 1, 1, id="retail"),
    ],
)
def test_a_secret_key_is_issued_once_and_shown_by_its_id(
    publisher: Publisher,
    capsys: Captured,
    *,
    arguments: tuple[str, ...],
    kind: KeyType,
    product: int | None,
    activations: int,
) -> None:
    """`key issue` prints key, id, type, product and activations; afterwards only its last five characters are known."""
    assert publisher("key", "issue", "--type", *arguments, "--json") == 0
    issued = printed(capsys)
    assert list(issued) == ["key", "key_id", "type", "product_id", "activations"]
    assert (parse(issued["key"]).type, issued["type"], issued["activations"]) == (
        kind,
        kind.label,
        activations,
    )
    expected = None if product is None else str(catalog(publisher, capsys).products[product].product_id)
    assert issued["product_id"] == expected
    assert publisher("key", "show", issued["key_id"], "--json") == 0
    out = capsys.readouterr().out
    assert issued["key"] not in out
    shown = json.loads(out)
    assert (shown["used"], shown["left"], shown["holders"]) == (0, activations, [])
    assert (shown["partial_key"], shown["product_id"]) == (issued["key"][-5:], expected)
    assert publisher("key", "list", "--json") == 0
    # Holders are told key by key: a MAK may have very many.
    assert printed(capsys)["keys"] == [{name: v for name, v in shown.items() if name != "holders"}]


def test_a_generic_key_is_the_catalogs(publisher: Publisher, capsys: Captured) -> None:
    """By the product's name or id, as often as one likes; it is no issued key."""
    product = catalog(publisher, capsys).products[0]
    for named in (product.name, str(product.product_id)):
        assert publisher("key", "issue", "--type", "generic", "--product", named, "--json") == 0
        assert printed(capsys) == {
            "key": product.generic_keys[0],
            "key_id": None,
            "type": "generic",
            "product_id": str(product.product_id),
            "activations": None,
        }
    assert publisher("key", "list") == 0
    assert "No key was issued yet" in capsys.readouterr().out


def test_holders_are_shown_with_what_a_support_call_needs(
    publisher: Publisher, home: Path, capsys: Captured
) -> None:
    """Activation id, host, fingerprint and time in JSON; a table for people."""
    assert publisher("key", "issue", "--type", "host", "--pool", "servers", "--trial", "--json") == 0
    issued = printed(capsys)
    with open_authority(Home(home)) as authority:
        audience = authority.catalogs().newest.publisher_id
        activate_host(authority, host_request(issued["key"], audience=audience, now=int(time.time())))
    assert publisher("key", "show", issued["key_id"], "--json") == 0
    shown = printed(capsys)
    (holder,) = shown["holders"]
    assert list(holder) == ["activation_id", "sub", "fpr", "at"]
    assert (holder["sub"], holder["fpr"]) == (str(UUID(int=77)), "host-fingerprint-1")
    assert holder["at"].endswith("Z")
    assert (shown["used"], shown["left"], shown["pools"], shown["trial"]) == (1, 5, ["servers"], True)
    assert publisher("key", "show", issued["key_id"]) == 0
    told = capsys.readouterr().out
    assert "1 of 6" in told
    assert "servers" in told
    assert publisher("key", "list") == 0
    assert f"...{issued['key'][-5:]}" in capsys.readouterr().out


def test_the_catalog_goes_to_a_file_or_to_standard_output(
    publisher: Publisher, tmp_path: Path, capsys: Captured
) -> None:
    """The same bytes; with --json the file's path is told."""
    out = tmp_path / "new" / "catalog.json"
    assert publisher("catalog", "export", "--out", str(out), "--json") == 0
    assert printed(capsys) == {"out": str(out)}
    assert publisher("catalog", "export", "--json") == 0
    assert capsys.readouterr().out == out.read_text()
