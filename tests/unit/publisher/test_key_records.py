"""Finding keys among many, showing one, and saying anew whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.authority import HOST_ID, SimulatedAuthority, host_request, machine_request
from simulators.publisher import NOW
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import KeyType
from tenure.publisher.activation import activate_host
from tenure.publisher.key_records import (
    KeyOrder,
    KeyQuery,
    KeyState,
    edit_key,
    find_key,
    list_keys,
    page_of_keys,
    show_key,
)
from tenure.publisher.keys import issue_host_key, issue_machine_key
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.memory import MemoryPublisherStore
from tenure.publisher.revocations import revoke_key
from tenure.publisher.store import IssuedKey

MACHINE = UUID(int=88)
PLAIN = IssuedKey(
    key_id="plain",
    public_x="x",
    type=KeyType.HOST,
    product_number=1023,
    pools=None,
    limit=6,
    customer="",
    agreement="",
    trial=False,
    partial="BCDFG",
    issued_at=NOW,
)


class Setting:
    """A publisher with a host key, a MAK and a retail key; a host and a machine hold places."""

    def __init__(self) -> None:
        """Issue them, an hour apart."""
        self.simulated = SimulatedAuthority()
        authority = self.simulated.authority
        host, self.host = issue_host_key(
            authority, pools=["servers"], customer="Straße & Söhne", agreement="A-2", trial=False
        )
        activate_host(authority, host_request(host.text, audience=self.simulated.publisher_id))
        self.simulated.now += 3_600
        mak, self.mak = issue_machine_key(
            authority,
            KeyType.MAK,
            product_id=self.simulated.products[0].product_id,
            activations=3,
            customer="Example Corp",
            agreement="A-10",
        )
        product_id = self.simulated.products[0].product_id
        for number in range(2):
            request = machine_request(
                mak.text,
                product_id=product_id,
                machine_id=UUID(int=int(MACHINE) + number),
                fingerprint=f"machine-fingerprint-{number}",
                request_id=f"machine-request-{number}",
                now=self.simulated.now,
            )
            activate_machine(authority, request)
        self.simulated.now += 3_600
        _, self.retail = issue_machine_key(
            authority,
            KeyType.RETAIL,
            product_id=self.simulated.products[1].product_id,
            activations=1,
            customer="another corp",
            agreement="",
        )

    def found(self, **asked: Any) -> list[str]:
        """Which keys are found, by their type."""
        return [report.key.type.label for report in list_keys(self.simulated.authority, KeyQuery(**asked))]


@pytest.fixture(scope="module")
def setting() -> Setting:
    """Three keys; no test changes them."""
    return Setting()


ALL = ["host", "mak", "retail"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, ALL, id="nothing-asked"),
        pytest.param({"customer": "corp"}, ["mak", "retail"], id="customer-in-any-case"),
        pytest.param({"customer": "STRASSE"}, ["host"], id="customer-beyond-ascii"),
        pytest.param({"agreement": "a-1"}, ["mak"], id="a-part-of-the-agreement"),
        pytest.param({"type": KeyType.RETAIL}, ["retail"], id="type"),
        pytest.param({"product": "draft"}, ["mak"], id="a-part-of-the-products-name"),
        pytest.param({"product": "nothing"}, [], id="no-such-product"),
        pytest.param({"holder": str(HOST_ID)}, ["host"], id="host"),
        pytest.param({"holder": "host-fingerprint-1"}, ["host"], id="a-hosts-fingerprint"),
        pytest.param({"holder": str(MACHINE).upper()}, ["mak"], id="machine-in-capitals"),
        pytest.param({"holder": "machine-fingerprint-1"}, ["mak"], id="a-machines-fingerprint"),
        pytest.param({"holder": "machine-fingerprint"}, [], id="a-part-of-a-fingerprint"),
        pytest.param({"customer": "corp", "type": KeyType.MAK}, ["mak"], id="two-at-once"),
        pytest.param({"customer": "corp", "holder": str(HOST_ID)}, [], id="two-that-exclude-each-other"),
        pytest.param({"text": "corp EXAMPLE"}, ["mak"], id="words-in-any-order"),
        pytest.param({"text": "corp server"}, ["retail"], id="words-of-customer-and-product"),
        pytest.param({"text": "servers"}, ["host"], id="a-pool"),
        pytest.param({"text": "mak"}, ["mak"], id="a-type"),
        pytest.param({"text": str(MACHINE)}, ["mak"], id="a-holder"),
        pytest.param({"text": "corp nothing"}, [], id="a-word-that-stands-nowhere"),
    ],
)
def test_keys_are_found_by_what_is_known_of_them(
    setting: Setting, asked: dict[str, Any], expected: list[str]
) -> None:
    """All of the query must apply; keys come in the order in which they were issued."""
    assert setting.found(**asked) == expected


def test_a_key_is_found_by_its_last_characters_and_by_ids(setting: Setting) -> None:
    """As they are shown, with dots before them, in small letters, or fewer; and by the whole id of its product."""
    partial = setting.mak.partial
    for asked in (partial, f"...{partial}", partial.lower(), partial[-4:]):
        assert setting.found(partial=asked) == ["mak"]
    product_id = setting.simulated.products[0].product_id
    assert setting.found(product=str(product_id)) == ["mak"]
    assert setting.found(text=setting.host.key_id[3:20]) == ["host"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (KeyOrder.ISSUED, ALL),
        (KeyOrder.CUSTOMER, ["retail", "mak", "host"]),
        (KeyOrder.PRODUCT, ["host", "mak", "retail"]),
        (KeyOrder.TYPE, ["host", "mak", "retail"]),
        (KeyOrder.USED, ["retail", "host", "mak"]),
    ],
)
def test_keys_are_sorted_by_what_is_asked(setting: Setting, order: KeyOrder, expected: list[str]) -> None:
    """Names in any case."""
    reports = list_keys(setting.simulated.authority, order=order)
    assert [report.key.type.label for report in reports] == expected


def test_a_listed_key_says_how_much_is_used(setting: Setting) -> None:
    """The holders themselves are told key by key."""
    reports = list_keys(setting.simulated.authority)
    assert [(report.used, report.left, list(report.holders)) for report in reports] == [
        (1, 5, []),
        (2, 1, []),
        (0, 1, []),
    ]


NAMES = st.text("aAßE\u0130 x", max_size=4)


@settings(max_examples=40)
@given(st.lists(st.tuples(NAMES, NAMES), max_size=6), NAMES, NAMES)
def test_a_search_finds_exactly_what_holds_the_text(
    names: list[tuple[str, str]], customer: str, text: str
) -> None:
    """By customer: who has it in the name; by text: each word in one of both; and each page adds up to the whole."""
    simulated = SimulatedAuthority()
    with simulated.store.transaction() as rows:
        for number, (name, agreement) in enumerate(names):
            rows.add_key(replace(PLAIN, key_id=f"id-{number}", customer=name, agreement=agreement))
    by_name = {report.key.key_id for report in list_keys(simulated.authority, KeyQuery(customer=customer))}
    assert by_name == {
        f"id-{number}" for number, (name, _) in enumerate(names) if customer.casefold() in name.casefold()
    }
    query = KeyQuery(text=text)
    whole = [report.key.key_id for report in list_keys(simulated.authority, query)]
    words = text.casefold().split()
    others = (PLAIN.partial.casefold(), "host")
    assert whole == [
        f"id-{number}"
        for number, both in enumerate(names)
        if all(
            any(word in part for part in (f"id-{number}", *others, *map(str.casefold, both)))
            for word in words
        )
    ]
    paged: list[str] = []
    after = None
    while True:
        page = page_of_keys(simulated.authority, query, after=after, limit=2)
        paged += [report.key.key_id for report in page.reports]
        after = page.after
        if after is None:
            break
    assert paged == whole


def test_a_page_after_no_key_is_refused(setting: Setting) -> None:
    """Not answered with the first page."""
    with pytest.raises(Refused) as caught:
        page_of_keys(setting.simulated.authority, KeyQuery(), after="nobody", limit=2)
    assert caught.value.code is Code.KEY_UNKNOWN


def test_a_revoked_key_says_since_when_and_why() -> None:
    """A key that is blocked alone says that; all others are open."""
    setting = Setting()
    authority = setting.simulated.authority
    with setting.simulated.store.transaction() as rows:
        rows.block_key(setting.retail.key_id)
    revoke_key(authority, setting.mak.key_id, reason="leaked", since=NOW)
    host, mak, retail = list_keys(authority)
    assert (host.state, retail.state, mak.state) == (KeyState.OPEN, KeyState.BLOCKED, KeyState.REVOKED)
    assert mak.revocation is not None
    assert (mak.revocation.since, mak.revocation.reason) == (NOW, "leaked")
    assert show_key(authority, setting.mak.key_id).revocation == mak.revocation


IDS = ("abcdefgh-1", "abcdefgh-2", "ABCDEFGH-1", "-dashed-1", "exactly", "exactly-not")


def found_among(typed: str) -> IssuedKey:
    """The key for which this stands, among keys of all these ids."""
    with MemoryPublisherStore().transaction() as rows:
        for key_id in IDS:
            rows.add_key(replace(PLAIN, key_id=key_id))
        return find_key(rows, typed)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param("abcdefgh-1", "abcdefgh-1", id="whole"),
        pytest.param("ABCDEF", "ABCDEFGH-1", id="capitals-are-others"),
        pytest.param("-dashed", "-dashed-1", id="begins-with-a-dash"),
        pytest.param("exactly", "exactly", id="whole-although-another-begins-so"),
    ],
)
def test_the_beginning_of_an_id_stands_for_the_whole(typed: str, found: str) -> None:
    """When it has six characters, and no other key begins so."""
    assert found_among(typed).key_id == found


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("ABCDE", id="five-characters"),
        pytest.param("bcdefgh", id="no-beginning"),
        pytest.param("", id="nothing"),
        pytest.param("a%cdef", id="no-pattern"),
    ],
)
def test_what_begins_no_id_is_unknown(typed: str) -> None:
    """`key_unknown`."""
    with pytest.raises(Refused) as caught:
        found_among(typed)
    assert caught.value.code is Code.KEY_UNKNOWN


def test_the_beginning_of_two_ids_stands_for_neither() -> None:
    """Both are named."""
    with pytest.raises(UsageError) as caught:
        found_among("abcdefgh-")
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert "abcdefgh-1, abcdefgh-2" in caught.value.cure


def test_a_key_s_customer_can_be_said_anew() -> None:
    """What is not given stays; the audit has both."""
    setting = Setting()
    authority = setting.simulated.authority
    edited = edit_key(authority, setting.mak.key_id[:10], customer="Example Group", agreement=None)
    assert (edited.customer, edited.agreement) == ("Example Group", "A-10")
    assert show_key(authority, setting.mak.key_id).key == edited
    assert isinstance(setting.simulated.store, MemoryPublisherStore)
    event = setting.simulated.store.rows.audited[-1].event
    assert (event.action, event.subject) == ("key edit", setting.mak.key_id)
    assert "Example Group" in event.detail
    assert "Example Corp" in event.detail


@pytest.mark.parametrize(
    ("customer", "agreement"),
    [(None, None), ("two\nlines", None), (None, "x" * 256)],
    ids=["nothing", "two-lines", "too-long"],
)
def test_what_cannot_be_said_of_a_key_is_refused(
    setting: Setting, customer: str | None, agreement: str | None
) -> None:
    """And the key is as before."""
    authority = setting.simulated.authority
    with pytest.raises(UsageError) as caught:
        edit_key(authority, setting.mak.key_id, customer=customer, agreement=agreement)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert show_key(authority, setting.mak.key_id).key == setting.mak
