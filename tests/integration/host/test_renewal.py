"""A host that renews its certificate by itself: over HTTP, with a publisher and a clock that the test holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from simulators.authority import SimulatedAuthority
from simulators.publisher import NOW
from simulators.running import running
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.publisher import routes
from tenure.adapters.http.rsgi import Application, Table
from tenure.adapters.http.server import HttpServer
from tenure.adapters.os.home import Home
from tenure.core.policy import DAY
from tenure.programs import host
from tenure.programs.host_renewal import Renewals, renewal_job
from tenure.programs.host_server import HostServer
from tenure.publisher.access import Access
from tenure.publisher.key_records import list_keys
from tenure.publisher.keys import issue_host_key
from tenure.publisher.rotation import rotate_signing_key
from tenure.wire.catalog import CatalogList
from tenure.wire.jws import Typ, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DUE = NOW + 550 * DAY


class AuthorityServer:
    """A simulated publisher on a real socket, whose catalog says where it is."""

    def __init__(self) -> None:
        """Choose the port."""
        self.simulated = SimulatedAuthority()
        authority = self.simulated.authority
        served = routes(authority, Access(authority, salt=""))
        self._http = HttpServer(Application(Table(served)), "127.0.0.1", 0)
        self.start, self.stop = self._http.start, self._http.stop
        self.simulated.authority.move(self._http.url)

    def clock(self) -> int:
        """One time for publisher and host."""
        return self.simulated.now


@pytest.fixture
def publisher() -> Iterator[AuthorityServer]:
    """The publisher, serving."""
    with running(AuthorityServer) as server:
        yield server


def activated(folder: Path, publisher: AuthorityServer) -> Home:
    """A home with a host that the publisher activated at NOW."""
    authority = publisher.simulated.authority
    key, _ = issue_host_key(authority, pools=(), customer="Customer", agreement="A-1", trial=False)
    catalog = folder / "catalog.json"
    catalog.write_bytes(msgspec.json.encode(CatalogList(authority.catalogs().tokens)))
    home = Home(folder / "home")
    host.install_key(home, key.text, catalog=catalog, root=None)
    host.activate(home, publisher_url=None, publisher_id=None, clock=publisher.clock)
    return home


def certificate_ends(home: Home) -> int | None:
    """When the certificate in this home ends."""
    return host.status(home)[0].certificate_expires


def certificate(home: Home) -> str | None:
    """The certificate in this home."""
    with host.open_store(home) as store:
        (enrolment,) = store.enrolments()
        return enrolment.certificate


@pytest.mark.parametrize(
    ("now", "ends"),
    [(DUE - 1, NOW + 730 * DAY), (DUE, DUE + 730 * DAY), (NOW + 730 * DAY, NOW + 1460 * DAY)],
    ids=["a second before", "180 days before its end", "at its end"],
)
def test_a_certificate_in_its_last_180_days_is_replaced(
    tmp_path: Path, publisher: AuthorityServer, now: int, ends: int
) -> None:
    """By one that is valid for 730 days again; that takes no place on the key."""
    home = activated(tmp_path, publisher)
    publisher.simulated.now = now
    renewal_job(home, publisher.clock).run()
    assert certificate_ends(home) == ends
    (report,) = list_keys(publisher.simulated.authority)
    assert report.used == 1


def test_the_look_is_hourly_and_leaves_a_renewed_certificate_alone(
    tmp_path: Path, publisher: AuthorityServer
) -> None:
    """One request in 550 days."""
    home = activated(tmp_path, publisher)
    publisher.simulated.now = DUE
    job = renewal_job(home, publisher.clock)
    assert job.every == 3_600
    job.run()
    renewed = certificate(home)
    publisher.simulated.now += DAY
    job.run()
    assert certificate(home) == renewed


def test_a_certificate_whose_key_is_closed_is_replaced_by_one_under_the_new_key(
    tmp_path: Path, publisher: AuthorityServer
) -> None:
    """As soon as the host hears of it, and without taking a place on its host key."""
    home = activated(tmp_path, publisher)
    authority = publisher.simulated.authority
    before = certificate(home)
    rotated = rotate_signing_key(authority)
    catalogs = tmp_path / "catalogs.json"
    catalogs.write_bytes(msgspec.json.encode(CatalogList(authority.catalogs().tokens)))
    host.follow_catalogs(home, catalogs)
    renewal_job(home, publisher.clock).run()
    after = certificate(home)
    assert before is not None
    assert after is not None
    assert read(after, Typ.HOST).kid == rotated.kid != read(before, Typ.HOST).kid
    (report,) = list_keys(authority)
    assert report.used == 1


@pytest.mark.parametrize(("hours", "tries"), [(1, 1), (23, 1), (24, 2), (48, 3)], ids="after {} hours".format)
def test_one_that_only_grows_old_is_asked_for_once_a_day(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, hours: int, tries: int
) -> None:
    """A closed network has half a year of unanswered looks ahead, and a log to read."""
    with running(AuthorityServer) as publisher:
        home = activated(tmp_path, publisher)
    elapsed = 1_000.0
    renewals = Renewals(home, lambda: DUE, elapsed=lambda: elapsed)
    for _ in range(hours + 1):
        renewals()
        elapsed += 3_600
    assert len(caplog.records) == tries


def test_a_running_host_serves_the_certificate_that_it_renewed(
    tmp_path: Path, publisher: AuthorityServer
) -> None:
    """Nobody does anything, and it is not started anew."""
    home = activated(tmp_path, publisher)
    before = certificate(home)
    publisher.simulated.now = DUE
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=publisher.clock)) as server:
        while certificate(home) == before:
            pass
        while served(server) != [certificate(home)]:
            pass


def served(server: HostServer) -> list[str]:
    """The certificates that machines are given."""
    answer = HttpClient().request("GET", f"{server.url}/v1/certificates")
    certificates: list[str] = json.loads(answer.body)["certificates"]
    return certificates


def test_a_publisher_that_does_not_answer_is_told_with_its_cure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The certificate stays as it is, and holds; the next day's try may succeed."""
    with running(AuthorityServer) as publisher:
        home = activated(tmp_path, publisher)
        url = publisher.simulated.authority.catalogs().newest.publisher_url
    renewal_job(home, lambda: DUE).run()
    assert certificate_ends(home) == NOW + 730 * DAY
    (message,) = caplog.messages
    assert "which ends in 180 days, could not be renewed; the next try is tomorrow" in message
    assert f"The publisher at {url} gave no answer" in message
    assert "Check the address, the network" in message
