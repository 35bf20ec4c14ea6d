"""An isolated machine with a MAK, and one that asks for others: `tenure client` and `tenure slmgr`."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.programs.publisher import open_authority

if TYPE_CHECKING:
    from pathlib import Path

    from integration.offline.conftest import Site


@pytest.fixture
def isolated(site: Site) -> Site:
    """A machine with a MAK of three, which no publisher can be reached from."""
    site.new_machine()
    return site


@pytest.mark.parametrize("ending", ["json", "txt"])
def test_a_machine_is_activated_by_a_file(isolated: Site, tmp_path: Path, ending: str) -> None:
    """Asked, answered, taken: licensed for good."""
    request, out = tmp_path / f"request.{ending}", tmp_path / f"confirmation.{ending}"
    asked = isolated.client("activate", "--offline", str(request))
    assert (asked["products"], asked["files"]) == (["Draft Studio"], [str(request)])
    isolated.publisher("activate-request", str(request), "--out", str(out))
    told = isolated.client("activate", "--confirmation", str(out))
    assert (told["license_status"], told["reason"]) == ("licensed", "activated")
    assert (told["used"], told["limit"]) == (1, 3)


def test_without_a_mak_there_is_nothing_to_carry(site: Site, tmp_path: Path) -> None:
    """Exit code 2, and a generic key is told that it needs a host."""
    error = site.client("activate", "--offline", str(tmp_path / "r.json"), code=2)["error"]
    assert error["code"] == "not_set_up"
    key = site.publisher("key", "issue", "--type", "generic", "--product", "Draft Studio")["key"]
    site.client("install-key", key, "--catalog", str(site.catalog))
    for words in ((), ("--product", "Draft Studio")):
        error = site.client("activate", *words, "--offline", str(tmp_path / "r.json"), code=2)["error"]
        assert error["code"] in {"not_set_up", "key_type"}
    assert not (tmp_path / "r.json").exists()


def test_a_confirmation_for_nobody_here_is_refused(isolated: Site, tmp_path: Path) -> None:
    """Exit code 5; the machine's own comes later and is taken."""
    isolated.new_machine("other")
    own, others, out = (str(tmp_path / name) for name in ("own.json", "others.json", "out.json"))
    isolated.client("activate", "--offline", own)
    isolated.client("activate", "--offline", others, home="other")
    isolated.publisher("activate-request", others, "--out", out)
    error = isolated.client("deposit", out, code=5)["error"]
    assert error["code"] == "grant_invalid"
    assert "None of 1 grants in it answers a request of this machine" in error["detail"]
    isolated.publisher("activate-request", own, "--out", out)
    assert isolated.client("deposit", out)["license_status"] == "licensed"


@pytest.fixture
def blocked(site: Site) -> Site:
    """A machine with a MAK that its publisher revoked."""
    issued = site.publisher(
        "key", "issue", "--type", "mak", "--activations", "3", "--product", "Draft Studio"
    )
    site.client("install-key", issued["key"], "--catalog", str(site.catalog))
    site.publisher("key", "revoke", issued["key_id"], "--reason", "leaked")
    return site


@pytest.mark.parametrize("ending", ["json", "txt"])
def test_a_refusal_is_carried_back_like_a_grant(blocked: Site, tmp_path: Path, ending: str) -> None:
    """Exit code 3 on both sides, for the same reason; a file also brings the list that says what was revoked."""
    request, out = tmp_path / f"request.{ending}", tmp_path / f"answer.{ending}"
    blocked.client("activate", "--offline", str(request))
    done = blocked.publisher("activate-request", str(request), "--out", str(out), code=3)
    assert (done["granted"], done["failed"], done["files"]) == (0, 1, [str(out)])
    assert done["error"] == done["requests"][0]["error"]
    for words in (("activate", "--confirmation", str(out)), ("deposit", str(out))):
        told = blocked.client(*words, code=3)
        assert told["license_status"] == "notification"
        assert (told["error"]["code"], told["error"]["hresult"]) == ("key_blocked", "0xC004C003")
        assert "is blocked" in told["error"]["detail"]
    told = blocked(("slmgr", "/atp", str(out)), home="machine", code=3)
    assert told["error"]["code"] == "key_blocked"
    lists = json.loads(out.read_text())["revocations"] if ending == "json" else []
    state = FileClientStore(Home(blocked.folder / "machine").client).load()
    assert list(state.revocations.values()) == lists


def test_a_refusal_that_is_only_shown_stands_alone_on_standard_output(
    blocked: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is told beside it, with the cure."""
    request = str(tmp_path / "request.txt")
    blocked.client("activate", "--offline", request)
    capsys.readouterr()
    home = ("--home", str(blocked.folder / "publisher"))
    assert run(command, ["publisher", "activate-request", request, *home]) == 3
    shown = capsys.readouterr()
    assert shown.out.startswith("-----BEGIN TENURE ACTIVATION CONFIRMATION-----\n")
    assert shown.out.endswith("-----END TENURE ACTIVATION CONFIRMATION-----\n")
    assert "error:" in shown.err
    assert "is blocked" in shown.err
    assert run(command, ["publisher", "activate-request", request, "--out", f"{request}.txt", *home]) == 3
    assert f"The refusal is in {request}.txt." in capsys.readouterr().out


def test_refusals_are_collected_with_the_rest(blocked: Site, server: str, tmp_path: Path) -> None:
    """Of two machines in a folder one is granted; each is told its own, and both hear what was revoked."""
    folder, out = f"{tmp_path}/requests/", tmp_path / "answers.json"
    blocked.new_machine("second")
    for home in ("machine", "second"):
        blocked.client("activate", "--offline", folder, home=home)
    done = blocked.client(
        "collect", folder, "--out", str(out), "--publisher", server, home="collector", code=3
    )
    assert (done["granted"], done["failed"]) == (1, 1)
    assert "error" not in done
    assert len(json.loads(out.read_text())["revocations"]) == 1
    assert blocked.client("deposit", str(out), home="second")["license_status"] == "licensed"
    assert "is blocked" in blocked.client("deposit", str(out), code=3)["error"]["detail"]


def test_requests_are_collected_for_many(isolated: Site, server: str, tmp_path: Path) -> None:
    """Machines, a host and junk in one folder; each file is named after its machine, and each takes its own."""
    folder, out = tmp_path / "requests", tmp_path / "requests" / "grants.json"
    isolated.new_machine("second")
    isolated.new_host()
    asked = [
        isolated.client("activate", "--offline", f"{folder}/", home=home) for home in ("machine", "second")
    ]
    assert all(one["machine_id"][:8] in one["files"][0] for one in asked)
    isolated.host("activate", "--offline", str(folder / "zz-host.txt"))
    (folder / "zzz-note.txt").write_text("see you tomorrow")
    collect = ("collect", str(folder), "--out", str(out), "--publisher", server)
    done = isolated.client(*collect, home="collector", code=5)
    assert [(one["granted"], one.get("left")) for one in done["requests"]] == [
        *([(True, 2)] * 2),
        (True, 5),
        (False, None),
    ]
    before = out.read_bytes()
    # Free to run again: the same requests get the same answers.
    assert isolated.client(*collect, home="collector", code=5)["requests"] == done["requests"]
    assert out.read_bytes() == before
    for home in ("machine", "second"):
        assert isolated.client("deposit", str(out), home=home)["license_status"] == "licensed"
    assert isolated.host("activate", "--confirmation", str(out))["used"] == 1


def test_the_collector_asks_where_the_publishers_catalog_says(
    isolated: Site, server: str, tmp_path: Path
) -> None:
    """Its home has the catalog; a request in the folder has no say in it. Newer catalogs come back with the grants."""
    folder, out = f"{tmp_path}/requests/", str(tmp_path / "grants.json")
    isolated.client("activate", "--offline", folder)
    collect = ("collect", folder, "--out", out)
    done = isolated.client(*collect, home="collector", code=2)
    assert "does not say where its publisher is reached" in done["requests"][0]["error"]["detail"]
    with open_authority(Home(isolated.folder / "publisher")) as authority:
        authority.move(server)
    catalogs = isolated.folder / "collector" / "catalogs"
    catalogs.mkdir(parents=True)
    isolated.publisher("catalog", "export", "--out", str(catalogs / "example.json"))
    assert isolated.client(*collect, home="collector")["granted"] == 1
    assert isolated.client("deposit", out)["license_status"] == "licensed"


def test_a_publisher_that_does_not_answer_is_asked_once(isolated: Site, tmp_path: Path) -> None:
    """Exit code 4; nothing is written, and every request is told the same."""
    isolated.new_machine("second")
    folder, out = f"{tmp_path}/requests/", tmp_path / "grants.json"
    for home in ("machine", "second"):
        isolated.client("activate", "--offline", folder, home=home)
    collect = ("collect", folder, "--out", str(out), "--publisher", "http://127.0.0.1:1")
    done = isolated.client(*collect, home="collector", code=4)
    assert [one["error"]["code"] for one in done["requests"]] == ["publisher_unreachable"] * 2
    assert (done["files"], out.exists()) == ([], False)


def test_slmgr_shows_an_installation_id_and_takes_a_confirmation(
    isolated: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`/dti` and `/atp`, with and without the activation id; a file, the text itself, or standard input."""
    product = isolated.client("status")["product_id"]
    told = isolated(("slmgr", "/dti"), home="machine")
    assert told["message"][1] == "-----BEGIN TENURE ACTIVATION REQUEST-----"
    assert "63 digits" in " ".join(told["message"])
    request, out = tmp_path / "request.txt", tmp_path / "confirmation.txt"
    request.write_text("\n".join(told["message"]))
    isolated.publisher("activate-request", str(request), "--out", str(out))
    block = out.read_text()
    for words in ((str(out),), (block,), (block.replace("\n", " "), product), ("-", product)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(block.encode())))
        told = isolated(("slmgr", "/atp", *words), home="machine")
        assert told["message"] == [f"Confirmation ID for Draft Studio ({product}) deposited successfully."]
        assert told["activations"][0]["activated"] is True
    assert isolated.client("status")["license_status"] == "licensed"


def test_slmgr_does_the_same_for_a_host(site: Site, tmp_path: Path) -> None:
    """Where a host is in the home and no MAK; its publisher may be named."""
    site.new_host()
    publisher = site.host("activate", "--offline", "-")["publisher_id"]
    request, out = tmp_path / "request.txt", tmp_path / "confirmation.txt"
    for words in ((), (publisher,)):
        request.write_text(site(("slmgr", "/dti", *words), home="host")["installation_id"])
        site.publisher("activate-request", str(request), "--out", str(out))
        told = site(("slmgr", "/atp", str(out), *words), home="host")
        assert told["activations"][0]["expires"]
    assert site.host("status")["activated"] is True


def test_slmgr_tells_what_is_wrong_with_a_confirmation(isolated: Site, tmp_path: Path) -> None:
    """No such file, nothing of that name, a damaged block, one for nobody here."""
    request, out = tmp_path / "request.txt", tmp_path / "confirmation.txt"
    isolated.client("activate", "--offline", str(request))
    isolated.publisher("activate-request", str(request), "--out", str(out))
    block = out.read_text()
    for words, code in (
        (("no-such-file",), 2),
        ((str(out), "No Such Product"), 2),
        ((block.replace("02/", "03/"),), 5),
        ((request.read_text(),), 2),
    ):
        assert isolated(("slmgr", "/atp", *words), home="machine", code=code)["error"]["detail"]
