"""How a machine catches up with its publisher's catalogs in one contact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import pytest

from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import HOST_ID, SHORT, World
from tenure.client.activation import Activated, StillShort
from tenure.client.catalogs import follow_catalogs
from tenure.client.exchange import Answer
from tenure.client.state import ClientState
from tenure.core.catalog import Catalog, KeyEntry
from tenure.core.errors import Code, Refused, Untrusted
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, CatalogList, sign_catalog
from tenure.wire.jws import Typ

if TYPE_CHECKING:
    from tenure.wire.keys import SigningKey

NEW_SIGNING_KEY = seeded(60)
NEW_ROOT = seeded(61)


def _with_new_signing_key(catalog: Catalog, *, seq: int) -> Catalog:
    """The old key is closed, a new one open."""
    old = replace(catalog.keys[0], closes=NOW - 100)
    new = KeyEntry(NEW_SIGNING_KEY.kid, NEW_SIGNING_KEY.public.x, SIGNED_BY_PUBLISHER, NOW - 100)
    return replace(catalog, seq=seq, iat=NOW - 100, keys=(old, new))


def _with_new_root(catalog: Catalog, *, seq: int) -> Catalog:
    """A second root beside the first."""
    root = KeyEntry(NEW_ROOT.kid, NEW_ROOT.public.x, frozenset({Typ.CATALOG.value}), NOW - 200)
    return replace(catalog, seq=seq, iat=NOW - 150, roots=(*catalog.roots, root))


def _signed(catalog: Catalog, root: SigningKey) -> str:
    return sign_catalog(catalog, document_id=f"catalog-{catalog.seq}", root=root)


def _rotated_world() -> tuple[World, list[str]]:
    """A host whose certificate is signed by a key that the machine's catalog does not name; the chain to it."""
    world = World()
    host = world.install()
    middle = _with_new_root(world.publisher.catalog, seq=2)
    newest = _with_new_signing_key(middle, seq=7)
    host.certificate = SimulatedPublisher(signing_key=NEW_SIGNING_KEY).certify(
        host.key, HOST_ID, iat=NOW - 50
    )
    host.catalog_seq = 7
    return world, [_signed(middle, world.publisher.root), _signed(newest, NEW_ROOT)]


def test_a_machine_that_was_off_for_a_year_catches_up_in_one_contact() -> None:
    """Root and signing key were replaced meanwhile; the chain is fetched before the lease is looked at."""
    world, chain = _rotated_world()
    world.hosts["host.example"].catalogs = chain
    assert isinstance(world.activation.activate(world.product_id), Activated)
    (trusted,) = world.store.load().catalogs.values()
    assert trusted.newest.seq == 7
    assert [call.path for _, call in world.calls] == [
        "/v1/activations",
        f"/v1/publishers/{world.publisher.publisher_id}/catalogs?after=1",
    ]


def test_the_next_contact_fetches_nothing() -> None:
    """The highest seq is remembered."""
    world, chain = _rotated_world()
    world.hosts["host.example"].catalogs = chain
    world.activation.activate(world.product_id)
    world.calls.clear()
    world.activation.activate(world.product_id)
    assert [call.method for _, call in world.calls] == ["POST"]


def test_catalogs_are_taken_with_a_202_too() -> None:
    """A machine that waits for the threshold is up to date when it is granted."""
    world, chain = _rotated_world()
    world.hosts["host.example"].catalogs = chain
    world.hosts["host.example"].script.append(SHORT)
    assert isinstance(world.activation.activate(world.product_id), StillShort)
    (trusted,) = world.store.load().catalogs.values()
    assert trusted.newest.seq == 7


def test_a_chain_with_a_missing_link_is_not_taken() -> None:
    """The lease that needs it is not taken either, and the error is the chain's."""
    world, chain = _rotated_world()
    world.hosts["host.example"].catalogs = chain[1:]
    with pytest.raises(Untrusted) as caught:
        world.activation.activate(world.product_id)
    assert caught.value.code is Code.CHAIN_BROKEN
    assert "no root pinned here" in caught.value.detail
    (trusted,) = world.store.load().catalogs.values()
    assert trusted.newest.seq == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(404, b""), id="not served"),
        pytest.param(Answer(200, b"<html>"), id="a page"),
        pytest.param(Answer(200, b'{"catalogs": ["a.b.c"]}'), id="no catalog"),
        pytest.param(Answer(200, b'{"catalogs": []}'), id="none"),
    ],
)
def test_a_host_that_cannot_give_its_catalogs_has_still_answered(answer: Answer) -> None:
    """Its lease is judged by the catalogs that are trusted."""
    world = World()
    host = world.install()
    host.catalog_seq = 9
    host.catalogs_answer = answer
    assert isinstance(world.activation.activate(world.product_id), Activated)


def test_a_host_that_dies_between_two_answers_has_still_answered() -> None:
    """No answer to the second question spoils the first."""
    world = World()
    host = world.install()
    host.catalog_seq = 9

    def then_die(answer: Answer) -> Answer:
        world.dead.add("host.example")
        return answer

    host.on_the_way = then_die
    assert isinstance(world.activation.activate(world.product_id), Activated)


def test_an_older_list_takes_nothing_back() -> None:
    """A catalog with a seq that is known already is passed over."""
    world, chain = _rotated_world()
    world.hosts["host.example"].catalogs = chain
    world.activation.activate(world.product_id)
    state = world.store.load()
    assert follow_catalogs(state, world.publisher.publisher_id, [world.publisher.catalog_token]) is state


def test_no_catalog_from_the_network_is_the_first() -> None:
    """A publisher that no administrator introduced is not trusted, whatever a host says."""
    publisher = SimulatedPublisher()
    with pytest.raises(Untrusted) as caught:
        follow_catalogs(ClientState(), publisher.publisher_id, [publisher.catalog_token])
    assert caught.value.code is Code.CHAIN_BROKEN


def test_a_newer_catalog_cannot_take_another_publisher_s_product() -> None:
    """Also when it comes from the network."""
    world = World()
    world.install()
    other = SimulatedPublisher(publisher_id=UUID(int=7, version=4), root=seeded(40), signing_key=seeded(41))
    world.install_key_of(other.workstation.generic_keys[0], [other.catalog_token])
    greedy = replace(
        other.catalog, seq=2, products=(*other.catalog.products[1:], world.publisher.workstation)
    )
    with pytest.raises(Refused) as caught:
        follow_catalogs(world.store.load(), other.publisher_id, [_signed(greedy, other.root)])
    assert caught.value.code is Code.PRODUCT_TAKEN


def test_the_list_is_kept_as_it_travels() -> None:
    """Oldest first what changed roots, then the newest: another machine could follow it from the first."""
    world, chain = _rotated_world()
    world.hosts["host.example"].catalogs_answer = Answer(200, msgspec.json.encode(CatalogList(tuple(chain))))
    world.activation.activate(world.product_id)
    (trusted,) = world.store.load().catalogs.values()
    assert trusted.tokens == (world.publisher.catalog_token, *chain)
