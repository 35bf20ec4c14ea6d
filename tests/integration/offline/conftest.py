"""A publisher and isolated homes, by the command line in this process; nothing listens anywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from simulators.running import running
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.programs.publisher_server import PublisherServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Site:
    """A publisher's home and those of its customers' hosts and machines, all in one folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The publisher has a product of each kind."""
        self.folder = folder
        self._capsys = capsys
        self.publisher("init", "--name", "Example Software", "--contact", "licenses@publisher.example")
        self.publisher("product", "add", "--name", "Draft Studio", "--kind", "workstation")
        self.publisher("product", "add", "--name", "Render Server", "--kind", "server")
        self.export_catalog()

    @property
    def catalog(self) -> Path:
        """The catalog file that everybody is given."""
        return self.folder / "catalog.json"

    def export_catalog(self) -> None:
        """The catalog file is the newest."""
        self.publisher("catalog", "export", "--out", str(self.catalog))

    def publisher(self, *words: str, code: int = 0) -> dict[str, Any]:
        """What `tenure publisher ... --json` prints, at this exit code."""
        return self(("publisher", *words), home="publisher", code=code)

    def host(self, *words: str, home: str = "host", code: int = 0) -> dict[str, Any]:
        """What `tenure host ... --json` prints."""
        return self(("host", *words), home=home, code=code)

    def client(self, *words: str, home: str = "machine", code: int = 0) -> dict[str, Any]:
        """What `tenure client ... --json` prints."""
        return self(("client", *words), home=home, code=code)

    def __call__(self, words: tuple[str, ...], *, home: str, code: int = 0) -> dict[str, Any]:
        """What a command prints as JSON, on one of the homes, at this exit code."""
        self._capsys.readouterr()
        assert run(command, [*words, "--home", str(self.folder / home), "--json"]) == code, (
            self._capsys.readouterr()
        )
        found: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        return found

    def new_host(self, home: str = "host") -> None:
        """A host has a key of its own, and no certificate."""
        key = self.publisher("key", "issue", "--type", "host", "--customer", "Customer")["key"]
        self.host("install-key", key, "--catalog", str(self.catalog), home=home)

    def new_machine(self, home: str = "machine") -> None:
        """A machine has a MAK of its own, and no grant."""
        issue = ("key", "issue", "--type", "mak", "--activations", "3", "--product", "Draft Studio")
        key = self.publisher(*issue)["key"]
        self.client("install-key", key, "--catalog", str(self.catalog), home=home)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Site:
    """The publisher is set up; nobody has a key yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("TENURE_CATALOG", raising=False)
    monkeypatch.delenv("TENURE_HOME", raising=False)
    return Site(tmp_path, capsys)


@pytest.fixture
def server(site: Site) -> Iterator[str]:
    """The address of the publisher, which serves."""
    home = Home(site.folder / "publisher")
    with running(lambda: PublisherServer(home, "127.0.0.1", 0)) as serving:
        yield serving.url
