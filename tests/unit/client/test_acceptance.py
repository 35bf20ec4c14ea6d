"""What a machine takes from a host, and what not; tests/integration/conformance has what the awkward host tries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import HOST_ID, GrantingHost, World
from tenure.client.activation import Activated
from tenure.client.exchange import Answer
from tenure.core.errors import Code, Refused, Unavailable, Untrusted
from tenure.core.policy import DAY


@pytest.mark.parametrize("hours", [-4, 4])
def test_four_hours_of_difference_are_accepted(hours: int) -> None:
    """The host's clock may be exactly 4 hours from this machine's."""
    world = World()
    host = world.install()
    host.clock = lambda: NOW + hours * 3600
    assert isinstance(world.activation.activate(world.product_id), Activated)


def _bad_chain(host: GrantingHost, name: str) -> None:
    publisher = host.publisher
    match name:
        case "lease by a stranger's key":
            host.key = seeded(50)
        case "certificate by a stranger's key":
            host.certificate = SimulatedPublisher(signing_key=seeded(51)).certify(host.key, HOST_ID)
        case "certificate over since a second":
            host.certificate = publisher.certify(host.key, HOST_ID, iat=NOW - 730 * DAY)
        case "certificate from the future":
            host.certificate = publisher.certify(host.key, HOST_ID, iat=NOW + 1)
        case _:
            host.certificate = publisher.certify(host.key, HOST_ID)[:-9] + "AAAAAAAAA"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("lease by a stranger's key", Code.CHAIN_BROKEN),
        ("certificate by a stranger's key", Code.CHAIN_BROKEN),
        ("certificate over since a second", Code.CERTIFICATE_INVALID),
        ("certificate from the future", Code.CERTIFICATE_INVALID),
        ("altered certificate", None),
    ],
)
def test_a_chain_that_does_not_hold_changes_nothing(name: str, code: Code | None) -> None:
    """Lease, certificate and catalog must hold together now."""
    world = World(publisher=SimulatedPublisher(opened=NOW - 800 * DAY))
    _bad_chain(world.install(), name)
    with pytest.raises(Untrusted) as caught:
        world.activation.activate(world.product_id)
    assert code is None or caught.value.code is code
    assert world.store.load().leases == {}


def test_a_forged_signature_changes_nothing() -> None:
    """One altered character of the lease's signature is enough."""
    world = World()
    host = world.install()

    def altered(answer: Answer) -> Answer:
        text = answer.body.decode()
        start = text.index('"lease":"') + len('"lease":"')
        lease = text[start : text.index('"', start)]
        # The first character of the last part: the last ones may hold unused bits.
        mark = lease.rindex(".") + 1
        changed = lease[:mark] + ("A" if lease[mark] != "A" else "B") + lease[mark + 1 :]
        return Answer(200, text.replace(lease, changed).encode())

    host.on_the_way = altered
    with pytest.raises(Untrusted) as caught:
        world.activation.activate(world.product_id)
    assert caught.value.code is Code.SIGNATURE_INVALID
    assert world.store.load().leases == {}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(200, b"<html>Welcome to the hotel's network</html>"), id="an HTML page"),
        pytest.param(Answer(200, b""), id="nothing"),
        pytest.param(Answer(200, b"\xff\xfe"), id="no text"),
        pytest.param(Answer(200, b"[]"), id="another JSON"),
        pytest.param(Answer(200, b'{"lease": 5}'), id="wrong types"),
        pytest.param(Answer(200, b"[" * 100_000), id="nested without end"),
        pytest.param(Answer(202, b"{}"), id="an empty 202"),
        pytest.param(Answer(204, b""), id="204"),
        pytest.param(Answer(301, b""), id="a redirect"),
        pytest.param(Answer(502, b"<html>Bad Gateway</html>"), id="a proxy's 502"),
        pytest.param(Answer(503, b'{"type": 1}'), id="a 503 without a problem"),
    ],
)
def test_an_answer_that_is_none_counts_as_no_answer(answer: Answer) -> None:
    """Whatever a machine in between says, it is told as a host that did not answer, and changes nothing."""
    world = World()
    world.install().script.append(answer)
    with pytest.raises(Unavailable):
        world.activation.activate(world.product_id)
    assert world.store.load().leases == {}


def test_an_html_page_with_a_client_error_is_a_refusal() -> None:
    """A 404 page is named as what it is: no Tenure server."""
    world = World()
    world.install().script.append(Answer(404, b"<html>Not Found</html>"))
    with pytest.raises(Refused, match="404"):
        world.activation.activate(world.product_id)


def test_without_a_trusted_catalog_no_lease_is_taken() -> None:
    """A machine whose catalog was lost learns how to get it back; none from the network is ever the first."""
    world = World()
    host = world.install()
    host.catalogs = [world.publisher.catalog_token]
    world.store.update(lambda state: replace(state, catalogs={}))
    with pytest.raises(Untrusted, match="none from the network is ever the first") as caught:
        world.activation.activate(world.product_id)
    assert "install-key" in caught.value.cure
    host.catalog_seq = 0
    with pytest.raises(Untrusted, match="to verify a lease with") as caught:
        world.activation.activate(world.product_id)
    assert "install-key" in caught.value.cure
    assert world.store.load().leases == {}
