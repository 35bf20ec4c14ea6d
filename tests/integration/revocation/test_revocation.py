"""A publisher, two hosts and their machines on real sockets: what a revocation does, and what it leaves as it was."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from simulators.machines import SimulatedMachine
from simulators.running import running
from tenure.adapters.http.client import HttpClient
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.policy import Kind
from tenure.programs import host, publisher
from tenure.programs.host_server import HostServer
from tenure.programs.publisher_server import PublisherServer
from tenure.publisher.authority import NewProduct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    Captured = pytest.CaptureFixture[str]


class Site:
    """A publisher that serves, and homes of hosts and machines that trust it; one machine reaches the threshold."""

    def __init__(self, root: Path, url: str) -> None:
        """Its catalog says where it serves."""
        self.root = root
        self.publisher = Home(root / "publisher")
        self.catalog = root / "catalog.json"
        with publisher.open_authority(self.publisher) as authority:
            newest = authority.move(url)
        self.product = newest.products[0]
        self.publisher_id = newest.publisher_id
        self.list_path = f"/v1/publishers/{self.publisher_id}/revocations"
        publisher.export_catalog(self.publisher, self.catalog)
        publisher.renew_list(self.publisher)
        self.key, self.issued = publisher.issue_host_key(
            self.publisher, pools=(), customer="Customer", agreement="", trial=False
        )

    def new_host(self, name: str) -> Home:
        """The home of a host that was activated with the key."""
        home = Home(self.root / name)
        host.install_key(home, self.key.text, catalog=self.catalog, root=None)
        host.activate(home, publisher_url=None, publisher_id=None)
        return home

    def tenure(self, name: str, *arguments: str) -> int:
        """The exit code of a command on the home of this name."""
        return run(command, [*arguments, "--home", str(self.root / name)])

    def new_machine(self, name: str, server: HostServer) -> None:
        """A machine that has the product's key, and asks this host."""
        assert (
            self.tenure(
                name, "client", "install-key", self.product.generic_keys[0], "--catalog", str(self.catalog)
            )
            == 0
        )
        self.asks(name, server)

    def asks(self, name: str, server: HostServer) -> None:
        """From now on the machine asks this host."""
        assert self.tenure(name, "client", "set-host", server.url) == 0


@pytest.fixture
def site(tmp_path: Path, capsys: Captured) -> Iterator[Site]:
    """A publisher with one product, whose pool has the threshold 1."""
    home = Home(tmp_path / "publisher")
    publisher.init(home, name="Example Software", contact="", publisher_url=None)
    publisher.add_products(
        home,
        source=None,
        product=NewProduct(name="Draft Studio", kind=Kind.WORKSTATION),
        terms={"threshold": 1},
    )
    with running(lambda: PublisherServer(home, "127.0.0.1", 0)) as server:
        yield Site(tmp_path, server.url)
    capsys.readouterr()


@contextmanager
def serving(home: Home) -> Iterator[HostServer]:
    """The host of the home, serving inside the block."""
    with running(lambda: HostServer(home, "127.0.0.1", 0)) as server:
        yield server


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def get(url: str, path: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of what a path serves."""
    answer = HttpClient().request("GET", url + path)
    return answer.status, json.loads(answer.body)


def health(server: HostServer) -> str:
    """The host's own word."""
    return str(get(server.url, "/v1/health")[1]["status"])


def status_of(site: Site, name: str, capsys: Captured, side: str = "client") -> dict[str, Any]:
    """What `status --json` says."""
    capsys.readouterr()
    assert site.tenure(name, side, "status", "--json") == 0
    return printed(capsys)


def next_second() -> None:
    """The clock shows another second than before."""
    before = int(time.time())
    while int(time.time()) == before:
        pass


def host_id_of(home: Home) -> UUID:
    """The id of the host in the home."""
    with host.open_store(home) as store:
        identity = store.identity()
    assert identity is not None
    return identity.host_id


def test_a_revoked_host_stops_and_its_earlier_leases_run_out(site: Site, capsys: Captured) -> None:
    """Within one fetch, by itself and without a restart; machines that it licensed before stay licensed."""
    stolen, other = site.new_host("stolen"), site.new_host("other")
    with serving(stolen) as first, serving(other) as second:
        site.new_machine("early", first)
        assert site.tenure("early", "client", "activate") == 0
        # Both have made their first fetch, and the next one is an hour away.
        for server in (first, second):
            while get(server.url, site.list_path)[0] != 200:
                pass
        next_second()
        publisher.revoke_host(site.publisher, host_id_of(stolen), reason="stolen", since=None)

        # A machine that hears of it from the other host refuses the stolen one, which still grants.
        assert site.tenure("other", "host", "refresh") == 0
        site.new_machine("informed", second)
        while not (site.root / "informed" / "client" / "revocations").exists():
            assert site.tenure("informed", "client", "activate") == 0
        site.asks("informed", first)
        capsys.readouterr()
        assert site.tenure("informed", "client", "renew", "--json") == 5
        assert "host_revoked" in capsys.readouterr().out
        assert health(first) == "ok"

        # One fetch later the stolen host knows it, too.
        assert site.tenure("stolen", "host", "refresh") == 0
        while health(first) == "ok":
            pass
        answer = HttpClient().request(
            "POST",
            f"{first.url}/v1/activations",
            body=msgspec.json.encode(SimulatedMachine(site.product.product_id).ask(int(time.time()))),
        )
        problem = json.loads(answer.body)
        assert (answer.status, problem["code"]) == (503, "host_revoked")
        assert "stolen" in problem["detail"]
        assert answer.headers["retry-after"] == "60"
        assert health(first) == "host_revoked"
        assert health(second) == "ok"
        assert status_of(site, "stolen", capsys, "host")["requests"]["refused"] == 1

    told = status_of(site, "stolen", capsys, "host")
    (known,) = told["revocations"]
    assert (told["revoked"], known["reason"]) == (True, "stolen")
    assert known["revoked_from"] is not None
    assert any("stolen" in warning for warning in told["warnings"])
    assert not status_of(site, "other", capsys, "host")["revoked"]
    early = status_of(site, "early", capsys)
    assert (early["license_status"], early["reason"]) == ("licensed", "activated")


def test_a_host_that_starts_hears_by_itself_that_its_key_was_revoked(
    site: Site, capsys: Captured, caplog: pytest.LogCaptureFixture
) -> None:
    """A revoked key stops every host that it certified; the log says why."""
    home = site.new_host("host")
    capsys.readouterr()
    assert (
        site.tenure(
            "publisher", "publisher", "key", "revoke", site.issued.key_id, "--reason", "leaked", "--json"
        )
        == 0
    )
    assert printed(capsys)["changed"] is True
    with serving(home) as server:
        while health(server) != "host_revoked":
            pass
    assert "leaked" in caplog.text
    assert site.tenure("host", "host", "activate", "--json") == 3
    assert printed(capsys)["error"]["code"] == "key_blocked"


def test_a_list_travels_to_a_closed_network_in_a_file(site: Site, capsys: Captured) -> None:
    """Export at the publisher, refresh from the file at the host; an older file is refused afterwards."""
    home = site.new_host("host")
    older, newer = site.root / "older.json", site.root / "newer.json"
    assert site.tenure("publisher", "publisher", "revocations", "export", "--out", str(older)) == 0
    publisher.revoke_host(site.publisher, host_id_of(home), reason="retired", since=None)
    assert site.tenure("publisher", "publisher", "revocations", "export", "--out", str(newer)) == 0
    for file in (newer, newer):
        capsys.readouterr()
        assert site.tenure("host", "host", "refresh", "--from", str(file), "--json") == 0
        (refreshed,) = printed(capsys)["publishers"]
        assert (refreshed["revoked"], refreshed["publisher"]) == (1, "Example Software")
    assert site.tenure("host", "host", "refresh", "--from", str(older), "--json") == 5
    assert printed(capsys)["error"]["code"] == "revocation_rolled_back"
    assert status_of(site, "host", capsys, "host")["revoked"]


def test_the_publisher_serves_its_list_and_the_host_hands_it_on(site: Site) -> None:
    """The same document under the same path; of a publisher that is not known there is none."""
    path = site.list_path
    home = site.new_host("host")
    with serving(home) as server:
        while get(server.url, path)[0] == 404:
            pass
        with publisher.open_authority(site.publisher) as authority:
            url = authority.catalogs().newest.publisher_url
        assert url is not None
        assert get(server.url, path) == get(url, path)
        for base in (server.url, url):
            status, problem = get(base, f"/v1/publishers/{site.issued.key_id}/revocations")
            assert (status, problem["code"]) == (404, "not_found")
