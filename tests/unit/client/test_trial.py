from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import GrantingHost, World
from tenure.client.exchange import Answer
from tenure.client.host_address import parse_host
from tenure.client.trial import trial_host_catalogs
from tenure.core.errors import Code, Refused, Unavailable
from tenure.core.policy import DAY
from tenure.wire.catalog import sign_catalog
from tenure.wire.trust import TrustedCatalogs, first_catalogs

HOST = parse_host("host.example")


def _world(host: GrantingHost) -> World:
    return World(publisher=host.publisher, hosts={HOST.name: host})


def _ask(world: World, *, now: int = NOW) -> TrustedCatalogs:
    catalogs = first_catalogs([world.publisher.catalog_token])
    return trial_host_catalogs(HOST, world.publisher.workstation, catalogs, transport=world, now=now)


def _host(*, trial: bool, publisher: SimulatedPublisher | None = None) -> GrantingHost:
    return GrantingHost(publisher or SimulatedPublisher(), lambda: NOW, trial=trial)


def test_a_trial_host_may_be_rehearsed_on() -> None:
    """Its certificate verifies against the catalog and says so."""
    assert _ask(_world(_host(trial=True))).newest.seq == 1


@pytest.mark.parametrize(
    "name", ["for real use", "by another publisher", "for another pool", "over", "no certificate"]
)
def test_any_other_host_is_refused(name: str) -> None:
    """`trial_only`: machines that do not exist must never raise the count of a real customer."""
    host = _host(trial=name != "for real use")
    now = NOW
    match name:
        case "by another publisher":
            host.certificate = SimulatedPublisher(signing_key=seeded(70)).certify(
                host.key, host.host_id, trial=True
            )
        case "for another pool":
            servers = SimulatedPublisher(policies={"servers": host.publisher.policies["servers"]})
            host.certificate = _servers_only(servers, host)
        case "over":
            now = NOW + 730 * DAY
        case "no certificate":
            host.certificate = "a.b.c"
        case _:
            assert not host.trial
    with pytest.raises(Refused) as caught:
        _ask(_world(host), now=now)
    assert caught.value.code is Code.TRIAL_ONLY


def _servers_only(publisher: SimulatedPublisher, host: GrantingHost) -> str:
    return publisher.certify(host.key, host.host_id, trial=True)


def test_a_newer_catalog_of_the_host_is_followed_first() -> None:
    """A catalog file from before the signing key was replaced still does."""
    host = _host(trial=True)
    world = _world(host)
    new = SimulatedPublisher(signing_key=seeded(60), seq=2)
    host.catalogs = [sign_catalog(replace(new.catalog, iat=NOW - 5), document_id="2", root=new.root)]
    host.certificate = new.certify(host.key, UUID(int=5, version=4), trial=True)
    assert _ask(world).newest.seq == 2


@pytest.mark.parametrize(
    "answer", [Answer(200, b"<html>"), Answer(503, b""), Answer(200, b"{}")], ids=["a page", "a 503", "empty"]
)
def test_what_is_no_host_is_named_as_such(answer: Answer) -> None:
    """No list of certificates: no answer."""
    host = _host(trial=True)
    host.on_the_way = lambda _true: answer
    with pytest.raises(Unavailable):
        _ask(_world(host))
