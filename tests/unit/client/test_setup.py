from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import World
from tenure.client.host_address import parse_host
from tenure.client.setup import install_key, parse_client_key, set_hosts, set_tls_required
from tenure.core.errors import Code, Refused, TenureError, Untrusted, UsageError
from tenure.core.product_key import KeyType, make, parse
from tenure.wire.catalog import sign_catalog

OTHER_ID = UUID("99999999-9999-4999-8999-999999999999")


def _accept(_typed: str) -> None:
    """No key is foreign."""


def test_a_host_key_is_refused() -> None:
    """The cure says where it belongs."""
    with pytest.raises(UsageError) as caught:
        parse_client_key(make(KeyType.HOST, 0, 5).text, _accept)
    assert caught.value.code is Code.KEY_TYPE
    assert "tenure host install-key" in caught.value.cure


@pytest.mark.parametrize("type_", [KeyType.GENERIC, KeyType.MAK, KeyType.RETAIL])
def test_a_machines_key_names_one_product(type_: KeyType) -> None:
    """Of every type that machines take; one for all products is refused, for the machine has to know which it is."""
    assert parse_client_key(make(type_, 0, 5).text, _accept) == make(type_, 0, 5)
    with pytest.raises(Refused) as caught:
        parse_client_key(make(type_, 1023, 5).text, _accept)
    assert caught.value.code is Code.PRODUCT_UNKNOWN


def test_a_key_of_another_system_is_told_apart_before_it_is_read() -> None:
    """The check that is passed in sees what was typed, also where it is no key of ours."""

    def refuse(typed: str) -> None:
        raise Refused(Code.FOREIGN_KEY, f"{typed} is another system's.")

    with pytest.raises(Refused, match="NOTOURS"):
        parse_client_key("NOTOURS", refuse)


def test_installing_a_key_names_the_product_and_makes_the_machine() -> None:
    """The product is found by the number in the key, and the machine has an id from then on."""
    world = World()
    world.install_key_of(world.publisher.server.generic_keys[0])
    state = world.store.load()
    assert state.machine is not None
    assert state.machine.machine_id.version == 4
    assert state.machine.highest_seen == NOW
    (product,) = state.installed
    assert (product.product_id, product.key_installed_at) == (world.publisher.server.product_id, NOW)


def test_installing_again_never_renews_the_first_day() -> None:
    """The time of the first installation stays, whatever key comes later; so does the machine id."""
    world = World()
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    machine = world.store.load().machine
    world.now += 1000
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    state = world.store.load()
    assert state.products[world.product_id].key_installed_at == NOW
    assert machine is not None
    assert state.machine == replace(machine, highest_seen=NOW + 1000)


def test_products_stand_in_the_order_of_their_first_installation() -> None:
    """Two products installed in the same second keep their order, also when the first is installed again."""
    world = World()
    keys = [world.publisher.server.generic_keys[0], world.publisher.workstation.generic_keys[0]]
    for key in [*keys, keys[0]]:
        world.install_key_of(key)
    assert [p.product_id for p in world.store.load().installed] == [
        world.publisher.server.product_id,
        world.publisher.workstation.product_id,
    ]


def test_a_lease_that_is_held_outlives_a_new_key() -> None:
    """Installing the key again takes no license away."""
    world = World()
    world.install()
    world.activation.activate(world.product_id)
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    assert world.status.license_status == "licensed"


def _case(name: str) -> tuple[str, list[str] | None, str | None]:
    publisher = SimulatedPublisher()
    key = publisher.workstation.generic_keys[0]
    altered = publisher.catalog_token[:-8] + "AAAAAAAA"
    stranger = SimulatedPublisher(publisher_id=OTHER_ID, root=seeded(40))
    return {
        "a key that no product has": (make(KeyType.GENERIC, 0, 778).text, [publisher.catalog_token], None),
        "a number that no product has": (make(KeyType.GENERIC, 9, 777).text, [publisher.catalog_token], None),
        "no catalog at hand": (key, None, None),
        "an empty list": (key, [], None),
        "an altered catalog": (key, [altered], None),
        "another root than demanded": (key, [publisher.catalog_token], stranger.root.kid),
        "garbage": (key, ["a.b.c"], None),
    }[name]


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("a key that no product has", Refused, Code.PRODUCT_UNKNOWN),
        ("a number that no product has", Refused, Code.PRODUCT_UNKNOWN),
        ("no catalog at hand", UsageError, Code.NOT_SET_UP),
        ("an empty list", Untrusted, Code.CHAIN_BROKEN),
        ("an altered catalog", Untrusted, Code.SIGNATURE_INVALID),
        ("another root than demanded", Untrusted, Code.CHAIN_BROKEN),
        ("garbage", Untrusted, Code.DOCUMENT_MALFORMED),
    ],
)
def test_a_key_is_refused_with_a_catalog_that_does_not_fit(
    name: str, kind: type[TenureError], code: Code
) -> None:
    """What is wrong has its code, and the machine keeps nothing of it."""
    key, catalogs, root_kid = _case(name)
    world = World()
    with pytest.raises(kind) as caught:
        install_key(
            parse(key),
            catalogs,
            root_kid=root_kid,
            store=world.store,
            clock=world.clock,
            new_uuid=world.new_uuid,
        )
    assert caught.value.code is code
    assert world.store.load().machine is None


def test_the_demanded_root_is_the_one_that_signed() -> None:
    """A demanded root that signed the catalog is taken, the first time and later."""
    world = World()
    publisher = world.publisher
    for _ in range(2):
        install_key(
            parse(publisher.workstation.generic_keys[0]),
            [publisher.catalog_token],
            root_kid=publisher.root.kid,
            store=world.store,
            clock=world.clock,
            new_uuid=world.new_uuid,
        )
    with pytest.raises(Untrusted, match="demanded"):
        install_key(
            parse(publisher.workstation.generic_keys[0]),
            [publisher.catalog_token],
            root_kid=seeded(9).kid,
            store=world.store,
            clock=world.clock,
            new_uuid=world.new_uuid,
        )


@pytest.mark.parametrize("type_", [KeyType.MAK, KeyType.RETAIL])
def test_a_secret_key_is_kept_apart_from_what_everybody_may_see(type_: KeyType) -> None:
    """The product says its type and its last five characters; the key itself stands among the secret ones."""
    world = World()
    key = make(type_, 0, 4711)
    world.install_key_of(key.text)
    state = world.store.load()
    product = state.products[world.product_id]
    assert (product.key_type, product.partial_key, product.key) == (type_, key.partial, key.shown)
    assert key.characters[:20] not in repr(product)
    assert state.secret_keys == {world.product_id: key}


def test_the_newest_key_of_a_product_is_its_only_one() -> None:
    """A MAK over a generic key makes it a MAK's, and the reverse forgets the MAK; the first day stays."""
    world = World()
    generic, mak = parse(world.publisher.workstation.generic_keys[0]), make(KeyType.MAK, 0, 4711)
    for key in (generic, mak, generic):
        world.install_key_of(key.text)
        state = world.store.load()
        assert state.products[world.product_id].key_type is key.type
        assert list(state.secret_keys.values()) == ([key] if key.type.secret else [])
        world.now += 1000
    assert state.products[world.product_id].key_installed_at == NOW


def test_a_secret_key_that_may_be_of_two_publishers_needs_its_catalog() -> None:
    """Both have a product of this number, and no catalog lists secret keys; with the catalog it is clear."""
    world = World()
    stranger = SimulatedPublisher(publisher_id=OTHER_ID, root=seeded(40), signing_key=seeded(41))
    for publisher in (world.publisher, stranger):
        world.install_key_of(publisher.workstation.generic_keys[0], [publisher.catalog_token])
    mak = make(KeyType.MAK, 0, 4711).text
    with pytest.raises(UsageError) as caught:
        world.install_key_of(mak, catalogs=None)
    assert caught.value.code is Code.INVALID_ARGUMENT
    world.install_key_of(mak, [stranger.catalog_token])
    assert list(world.store.load().secret_keys) == [stranger.workstation.product_id]


def test_a_catalog_that_is_trusted_already_need_not_be_given_again() -> None:
    """The key of another product of the same publisher is enough."""
    world = World()
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    world.install_key_of(world.publisher.server.generic_keys[0], catalogs=None)
    assert len(world.store.load().installed) == 2


def test_a_later_catalog_must_be_signed_by_a_pinned_root() -> None:
    """Trust on first use holds once: the same publisher id under another root is an impostor."""
    world = World()
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    impostor = SimulatedPublisher(root=seeded(40), seq=2)
    with pytest.raises(Untrusted) as caught:
        world.install_key_of(world.publisher.workstation.generic_keys[0], [impostor.catalog_token])
    assert caught.value.code is Code.CHAIN_BROKEN


def test_an_older_catalog_is_passed_over() -> None:
    """Installing with an old file does no harm: the newest catalog that is known stays."""
    world = World(publisher=SimulatedPublisher(seq=5))
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    world.install_key_of(world.publisher.workstation.generic_keys[0], [SimulatedPublisher().catalog_token])
    (trusted,) = world.store.load().catalogs.values()
    assert trusted.newest.seq == 5


def test_a_product_id_of_another_publisher_is_refused() -> None:
    """A second publisher cannot take over a product that a known catalog has."""
    world = World()
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    stranger = SimulatedPublisher(publisher_id=OTHER_ID, root=seeded(40), signing_key=seeded(41))
    stolen = replace(stranger.catalog, products=(world.publisher.workstation,))
    token = sign_catalog(stolen, document_id="stolen", root=stranger.root)
    with pytest.raises(Refused) as caught:
        world.install_key_of(world.publisher.workstation.generic_keys[0], [token])
    assert caught.value.code is Code.PRODUCT_TAKEN
    assert set(world.store.load().catalogs) == {world.publisher.publisher_id}


def test_hosts_are_kept_in_their_order_and_once_each() -> None:
    """Setting hosts replaces those that were set; none clears them."""
    world = World()
    first, second = parse_host("a.example"), parse_host("b.example:99")

    def set_to(*hosts: str) -> object:
        return set_hosts(
            [parse_host(h) for h in hosts], store=world.store, clock=world.clock, new_uuid=world.new_uuid
        )

    assert set_to("b.example:99", "a.example", "A.example:1688") == (second, first)
    assert set_to("a.example") == (first,)
    assert set_to() == ()
    machine = world.store.load().machine
    assert machine is not None
    assert machine.hosts == ()


def test_a_machine_that_demands_tls_takes_no_plain_host() -> None:
    """`http://` is refused and the hosts stay as they were; a plain name and `https://` are taken."""
    world = World()

    def set_to(typed: str) -> object:
        return set_hosts([parse_host(typed)], store=world.store, clock=world.clock, new_uuid=world.new_uuid)

    set_to("a.example")
    machine = set_tls_required(required=True, store=world.store, clock=world.clock, new_uuid=world.new_uuid)
    assert machine.tls_required
    with pytest.raises(Refused) as caught:
        set_to("http://b.example")
    assert caught.value.code is Code.TLS_REQUIRED
    assert world.store.load().machine == machine
    assert set_to("https://b.example") == (parse_host("https://b.example"),)
    set_tls_required(required=False, store=world.store, clock=world.clock, new_uuid=world.new_uuid)
    assert set_to("http://b.example") == (parse_host("http://b.example"),)


@pytest.mark.parametrize("wanted", ["id", "name"])
def test_a_product_is_found_by_id_and_by_exact_name(wanted: str) -> None:
    """Commands take either."""
    world = World()
    world.install()
    product = world.publisher.workstation
    called = str(product.product_id).upper() if wanted == "id" else product.name
    assert world.store.load().find(called) == product.product_id
    with pytest.raises(UsageError) as caught:
        world.store.load().find("Draft")
    assert caught.value.code is Code.PRODUCT_UNKNOWN


def test_a_product_is_found_by_its_id_without_any_catalog() -> None:
    """A lost catalog does not keep an installed product from being named."""
    world = World()
    world.install()
    state = world.store.update(lambda before: replace(before, catalogs={}))
    assert state.find(str(world.product_id)) == world.product_id
