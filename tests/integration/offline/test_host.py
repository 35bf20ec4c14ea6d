"""An isolated host is activated by files, paper and pictures that somebody carries: `tenure host` and `tenure publisher`."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest

from tenure.cli.command import run
from tenure.cli.main import command

if TYPE_CHECKING:
    from pathlib import Path

    from integration.offline.conftest import Site

    Captured = pytest.CaptureFixture[str]


@pytest.fixture
def isolated(site: Site) -> Site:
    """A host with a key, which no publisher can be reached from."""
    site.new_host()
    return site


@pytest.mark.parametrize("ending", ["json", "txt", "request"])
def test_a_host_is_activated_by_a_file(isolated: Site, tmp_path: Path, ending: str) -> None:
    """Its name's ending chooses the form, and the answer comes back in the same."""
    request, confirmation = tmp_path / f"request.{ending}", tmp_path / "confirmation"
    asked = isolated.host("activate", "--offline", str(request))
    assert asked["files"] == [str(request)]
    done = isolated.publisher("activate-request", str(request), "--out", str(confirmation))
    assert (done["granted"], done["failed"], done["files"]) == (1, 0, [str(confirmation)])
    assert done["requests"][0]["request_id"] == asked["request_id"]
    assert confirmation.read_text()[0] == request.read_text()[0] == ("-" if ending == "txt" else "{")
    told = isolated.host("activate", "--confirmation", str(confirmation))
    assert (told["org"], told["used"], told["limit"]) == ("Customer", 1, 6)
    assert isolated.host("status")["activated"] is True


def test_a_text_block_goes_through_mail_and_standard_input(
    isolated: Site, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """What is shown stands alone on standard output; what is given there may be quoted."""
    homes = {name: str(isolated.folder / name) for name in ("host", "publisher")}
    capsys.readouterr()
    assert run(command, ["host", "activate", "--offline", "-", "--home", homes["host"]]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("-----BEGIN TENURE ACTIVATION REQUEST-----\n")
    assert shown.out.endswith("-----END TENURE ACTIVATION REQUEST-----\n")
    assert "licenses@publisher.example" in shown.err
    mail = "Dear publisher,\n" + re.sub("^", "> ", shown.out, flags=re.MULTILINE)
    _pipe(monkeypatch, mail)
    assert run(command, ["publisher", "activate-request", "-", "--home", homes["publisher"]]) == 0
    answer = capsys.readouterr().out
    assert answer.startswith("-----BEGIN TENURE ACTIVATION CONFIRMATION-----\n")
    _pipe(monkeypatch, answer.lower())
    assert run(command, ["host", "activate", "--confirmation", "-", "--home", homes["host"]]) == 0
    assert "This host is activated." in capsys.readouterr().out


def test_the_same_request_again_gets_the_same_file_and_counts_nothing(isolated: Site, tmp_path: Path) -> None:
    """Byte for byte; and taking a confirmation twice changes nothing."""
    request, first, second = (str(tmp_path / name) for name in ("r.json", "1.json", "2.json"))
    isolated.host("activate", "--offline", request)
    for out in (first, second):
        isolated.publisher("activate-request", request, "--out", out)
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    told = [isolated.host("activate", "--confirmation", out) for out in (first, second)]
    assert told[0] == told[1]


def test_a_typing_error_is_told_by_its_line(isolated: Site, tmp_path: Path) -> None:
    """Exit code 5, and nothing is activated."""
    request, out = tmp_path / "request.txt", tmp_path / "confirmation.txt"
    isolated.host("activate", "--offline", str(request))
    isolated.publisher("activate-request", str(request), "--out", str(out))
    lines = out.read_text().splitlines()
    lines[7] = lines[7][:-1] + ("2" if lines[7][-1] != "2" else "3")
    out.write_text("\n".join(lines))
    error = isolated.host("activate", "--confirmation", str(out), code=5)["error"]
    assert "line 7 does not match its check characters" in error["detail"]
    assert isolated.host("status")["activated"] is False


@pytest.mark.parametrize(
    ("place", "code"),
    [
        pytest.param(1, "signature_invalid", id="payload"),
        pytest.param(2, "signature_invalid", id="signature"),
    ],
)
def test_an_altered_request_is_refused(isolated: Site, tmp_path: Path, place: int, code: str) -> None:
    """Exit code 5: the publisher sees that the asker did not write it so."""
    request = tmp_path / "request.json"
    isolated.host("activate", "--offline", str(request))
    content = json.loads(request.read_text())
    parts = content["requests"][0]["request"].split(".")
    # The tenth character from the end: of a payload it lies in the key proof.
    parts[place] = parts[place][:-10] + ("x" if parts[place][-10] != "x" else "y") + parts[place][-9:]
    content["requests"][0]["request"] = ".".join(parts)
    request.write_text(json.dumps(content))
    error = isolated.publisher("activate-request", str(request), code=5)["error"]
    assert error["code"] in {code, "document_malformed"}


def test_a_key_of_another_publisher_is_refused(isolated: Site, tmp_path: Path) -> None:
    """Exit code 3: the request is for its own publisher."""
    request = str(tmp_path / "request.json")
    isolated.host("activate", "--offline", request)
    isolated(("publisher", "init", "--name", "Other"), home="other")
    error = isolated(("publisher", "activate-request", request), home="other", code=3)["error"]
    assert error["code"] == "publisher_mismatch"


def test_a_seventh_host_is_refused_with_its_reason(site: Site, tmp_path: Path) -> None:
    """Exit code 3; of a folder, the other six are in the file all the same."""
    key = site.publisher("key", "issue", "--type", "host")["key"]
    folder, out = tmp_path / "requests", tmp_path / "requests" / "confirmations.json"
    folder.mkdir()
    for number in range(1, 8):
        home = f"host-{number}"
        site.host("install-key", key, "--catalog", str(site.catalog), home=home)
        site.host("activate", "--offline", str(folder / f"{home}.json"), home=home)
    (folder / "z-note.txt").write_text("see you tomorrow")
    done = site.publisher("activate-request", str(folder), "--out", str(out), code=3)
    assert (done["granted"], done["failed"]) == (6, 2)
    failed = {one["source"]: one["error"]["code"] for one in done["requests"] if not one["granted"]}
    assert failed == {"host-7.json": "key_limit", "z-note.txt": "document_malformed"}
    for number in range(1, 7):
        site.host("activate", "--confirmation", str(out), home=f"host-{number}")
    error = site.host("activate", "--confirmation", str(out), home="host-7", code=3)["error"]
    assert (error["code"], error["hresult"]) == ("key_limit", "0xC004C008")
    assert error["detail"].startswith("The publisher refused: ")
    # The confirmations that lie in the folder now are no fault of the next run, which gives the same.
    again = site.publisher("activate-request", str(folder), "--out", str(out), code=3)
    assert again["requests"] == done["requests"]


def test_what_is_mixed_up_is_told(isolated: Site, tmp_path: Path) -> None:
    """A request where a confirmation belongs, the reverse, no file, an empty folder, two ways at once."""
    request, out = str(tmp_path / "r.json"), str(tmp_path / "c.json")
    isolated.host("activate", "--offline", request)
    isolated.publisher("activate-request", request, "--out", out)
    (tmp_path / "empty").mkdir()
    for words, told in (
        (("host", "activate", "--confirmation", request), "This is a request"),
        (("publisher", "activate-request", out), "holds confirmations, not requests"),
        (("publisher", "activate-request", str(tmp_path / "none")), "There is no file"),
        (("publisher", "activate-request", str(tmp_path / "empty"), "--out", out), "has 0 files"),
        (("publisher", "activate-request", str(tmp_path)), "need a file"),
        (("host", "activate", "--offline", request, "--confirmation", out), "exclude each other"),
        (("host", "activate", "--form", "text"), "--form says how --offline writes"),
    ):
        error = isolated(words, home=words[0], code=2)["error"]
        assert told in error["detail"]


def _pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The next command reads this on standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
