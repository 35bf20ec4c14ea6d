"""Chains of catalogs: who is trusted first, what follows, what is kept, and where a chain breaks."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.core.catalog import KeyEntry
from tenure.core.errors import Code, Untrusted
from tenure.wire.catalog import CatalogList
from tenure.wire.jws import Typ
from tenure.wire.keys import SigningKey
from tenure.wire.trust import TrustedCatalogs, catalogs_in, first_catalogs, later_catalogs
from unit.wire.example import (
    CATALOG,
    CATALOG_TOKEN,
    CERTIFICATE_TOKEN,
    LEASE_TOKEN,
    MADE,
    OTHER_ID,
    ROOT,
    SIGNING,
    STRANGER,
    catalog_token,
    root_entry,
)
from unit.wire.forgery import payload_of, resigned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEYS = {letter: SigningKey(letter.encode() * 32) for letter in "ABCD"}
"""Roots of the scenarios."""


class Edition(NamedTuple):
    """A catalog of a scenario: its seq, its roots by letter, the root that signed it."""

    seq: int
    roots: str
    by: str

    @property
    def token(self) -> str:
        """The catalog, signed."""
        roots = tuple(root_entry(KEYS[letter]) for letter in self.roots)
        return catalog_token(seq=self.seq, iat=MADE + min(self.seq, 1_000), roots=roots, root=KEYS[self.by])


def tokens(editions: Sequence[Edition]) -> tuple[str, ...]:
    """The list in which these catalogs travel."""
    return tuple(edition.token for edition in editions)


def seqs(trusted: TrustedCatalogs) -> list[int]:
    """Which catalogs are kept."""
    return [payload_of(token)["seq"] for token in trusted.tokens]


def one_by_one(editions: Sequence[Edition]) -> TrustedCatalogs:
    """What a machine trusts that saw each catalog as it appeared."""
    trusted = first_catalogs([editions[0].token])
    for edition in editions[1:]:
        trusted = later_catalogs(trusted, [edition.token])
    return trusted


E = Edition

# --- chains that hold -------------------------------------------------------------------------------------------

HOLDING: dict[str, tuple[list[Edition], list[int]]] = {
    "one catalog": ([E(1, "A", "A")], [1]),
    "newer catalogs under the same root": ([E(1, "A", "A"), E(2, "A", "A"), E(3, "A", "A")], [1, 3]),
    "seqs with gaps": ([E(3, "A", "A"), E(7, "A", "A"), E(900, "A", "A")], [3, 900]),
    "the highest seq": ([E(1, "A", "A"), E(2**53, "A", "A")], [1, 2**53]),
    "a root is added, the old one signs on": ([E(1, "A", "A"), E(2, "AB", "A"), E(3, "AB", "A")], [1, 2, 3]),
    "a root is added and signs": ([E(1, "A", "A"), E(2, "AB", "A"), E(3, "AB", "B")], [1, 2, 3]),
    "a root is replaced in one step": ([E(1, "A", "A"), E(2, "B", "A"), E(3, "B", "B")], [1, 2, 3]),
    "a root is added, then the old one dropped": (
        [E(1, "A", "A"), E(2, "AB", "A"), E(3, "B", "A"), E(4, "B", "B")],
        [1, 2, 3, 4],
    ),
    "two roots from the first, either signs": ([E(1, "AB", "B"), E(2, "AB", "A"), E(3, "AB", "B")], [1, 3]),
    "many editions between rotations": (
        [
            *(E(1, "A", "A"), E(2, "A", "A"), E(3, "B", "A"), E(4, "B", "B"), E(5, "B", "B")),
            *(E(6, "C", "B"), E(7, "C", "C"), E(8, "C", "C"), E(9, "C", "C")),
        ],
        [1, 3, 6, 9],
    ),
    "rotation right after rotation": (
        [E(1, "A", "A"), E(2, "B", "A"), E(3, "C", "B"), E(4, "D", "C")],
        [1, 2, 3, 4],
    ),
    "back to a root of old": (
        [E(1, "A", "A"), E(2, "B", "A"), E(3, "A", "B"), E(4, "A", "A")],
        [1, 2, 3, 4],
    ),
    "the same catalog again": ([E(1, "A", "A"), E(1, "A", "A")], [1]),
    "the whole list again": ([E(1, "A", "A"), E(2, "B", "A"), E(1, "A", "A"), E(2, "B", "A")], [1, 2]),
    "an older one is passed over": ([E(5, "A", "A"), E(4, "A", "A")], [5]),
    "an older one with other roots is passed over": ([E(5, "A", "A"), E(4, "B", "A")], [5]),
    "the same seq with other roots is passed over": ([E(5, "A", "A"), E(5, "B", "A")], [5]),
    "an older one that nobody here signed is passed over": ([E(5, "A", "A"), E(4, "D", "D")], [5]),
}
holding = pytest.mark.parametrize(("editions", "kept"), HOLDING.values(), ids=HOLDING)


@holding
def test_a_chain_that_holds_is_kept_as_short_as_it_can_be(editions: list[Edition], kept: list[int]) -> None:
    """The first catalog, every one that changed roots, the newest: given at once or as each appeared."""
    at_once = first_catalogs(tokens(editions))
    assert seqs(at_once) == kept
    assert at_once.newest.seq == max(edition.seq for edition in editions)
    assert one_by_one(editions) == at_once


@holding
def test_what_is_kept_holds_by_itself(editions: list[Edition], kept: list[int]) -> None:
    """The list on disk, opened anew, gives the same trust; so does the list that a new machine is given."""
    trusted = first_catalogs(tokens(editions))
    assert first_catalogs(trusted.tokens) == trusted
    assert first_catalogs(trusted.tokens, root_kid=KEYS[editions[0].by].kid) == trusted


@holding
def test_a_machine_that_was_off_catches_up_in_one_list(editions: list[Edition], kept: list[int]) -> None:
    """Whenever it last looked, what others keep leads it to the newest catalog."""
    newest = first_catalogs(tokens(editions))
    for seen in range(1, len(editions) + 1):
        slept = first_catalogs(tokens(editions[:seen]))
        assert later_catalogs(slept, newest.tokens).newest == newest.newest


@st.composite
def histories(draw: st.DrawFn) -> list[Edition]:
    """Any history of a publisher: each catalog signed by a root of the one before it."""
    letters = st.sets(st.sampled_from("ABCD"), min_size=1).map(lambda chosen: "".join(sorted(chosen)))
    roots = draw(letters)
    history = [Edition(draw(st.integers(1, 5)), roots, draw(st.sampled_from(roots)))]
    for _ in range(draw(st.integers(0, 6))):
        before = history[-1]
        after = draw(st.just(before.roots) | letters)
        history.append(
            Edition(before.seq + draw(st.integers(1, 3)), after, draw(st.sampled_from(before.roots)))
        )
    return history


@settings(max_examples=40)
@given(histories(), st.data())
def test_every_history_can_be_followed_from_everywhere(history: list[Edition], data: st.DataObject) -> None:
    """The table's three rules, for any history; and no list is longer than its rotations and two more."""
    newest = first_catalogs(tokens(history))
    assert one_by_one(history) == newest
    assert first_catalogs(newest.tokens) == newest
    rotations = sum(one.roots != two.roots for one, two in pairwise(history))
    assert len(newest.tokens) <= rotations + 2
    slept = first_catalogs(tokens(history[: data.draw(st.integers(1, len(history)))]))
    assert later_catalogs(slept, newest.tokens).newest == newest.newest


# --- chains that break ------------------------------------------------------------------------------------------

BREAKING: dict[str, list[Edition]] = {
    "signed by a stranger": [E(1, "A", "A"), E(2, "A", "D")],
    "a new root signs itself in": [E(1, "A", "A"), E(2, "AB", "B")],
    "a stranger's whole catalog": [E(1, "A", "A"), E(2, "D", "D")],
    "a dropped root signs on": [E(1, "A", "A"), E(2, "B", "A"), E(3, "B", "A")],
    "a dropped root lets itself in again": [E(1, "A", "A"), E(2, "B", "A"), E(3, "A", "A")],
    "the rotation is missing from the list": [E(1, "A", "A"), E(3, "B", "B")],
    "one of two rotations is missing": [E(1, "A", "A"), E(2, "B", "A"), E(4, "C", "C")],
    "the list is upside down": [E(2, "B", "A"), E(1, "A", "A")],
}


@pytest.mark.parametrize("editions", BREAKING.values(), ids=BREAKING)
def test_a_chain_breaks_where_no_root_of_the_catalog_before_signed(editions: list[Edition]) -> None:
    """The last catalog of each list is refused, and with it the list."""
    with pytest.raises(Untrusted) as caught:
        first_catalogs(tokens(editions))
    assert caught.value.code is Code.CHAIN_BROKEN


def test_of_a_list_that_breaks_nothing_is_taken() -> None:
    """Good catalogs before the bad one do not count: what was trusted stays as it was."""
    trusted = first_catalogs([E(1, "A", "A").token])
    before = replace(trusted)
    with pytest.raises(Untrusted):
        later_catalogs(trusted, tokens([E(2, "A", "A"), E(3, "B", "A"), E(4, "D", "D")]))
    assert trusted == before
    assert seqs(trusted) == [1]


def test_a_rolled_back_catalog_changes_nothing() -> None:
    """An old copy, though signed well, leaves the newest catalog and the list as they are."""
    trusted = first_catalogs(tokens([E(1, "A", "A"), E(9, "A", "A")]))
    assert later_catalogs(trusted, tokens([E(8, "A", "A"), E(1, "A", "A")])) == trusted
    assert later_catalogs(trusted, []) == trusted


def test_another_publishers_catalog_never_follows() -> None:
    """Neither under its own root, nor under the very same root, nor with a lower seq."""
    trusted = first_catalogs([CATALOG_TOKEN])
    stranger = catalog_token(publisher_id=OTHER_ID, seq=8, roots=(root_entry(STRANGER),), root=STRANGER)
    namesake = catalog_token(publisher_id=OTHER_ID, seq=8)
    older = catalog_token(publisher_id=OTHER_ID, seq=1)
    for token in (stranger, namesake, older):
        with pytest.raises(Untrusted) as caught:
            later_catalogs(trusted, [token])
        assert caught.value.code is Code.CHAIN_BROKEN
    with pytest.raises(Untrusted, match=f"of publisher {OTHER_ID}"):
        later_catalogs(trusted, [namesake])


def test_a_signature_in_a_roots_name_must_be_the_roots() -> None:
    """A catalog that calls a pinned root its signer, but is signed by a stranger, is forged."""
    trusted = first_catalogs([CATALOG_TOKEN])
    forged = resigned(CATALOG_TOKEN, STRANGER, {**payload_of(CATALOG_TOKEN), "seq": 8}, kid=ROOT.kid)
    attempts: list[Callable[[], object]] = [
        lambda: later_catalogs(trusted, [forged]),
        lambda: first_catalogs([forged]),
    ]
    for attempt in attempts:
        with pytest.raises(Untrusted) as caught:
            attempt()
        assert caught.value.code is Code.SIGNATURE_INVALID


# --- the first catalog ------------------------------------------------------------------------------------------


def test_the_first_catalog_is_trusted_as_the_administrator_gave_it() -> None:
    """Signed by one of its own roots, it pins them."""
    trusted = first_catalogs([CATALOG_TOKEN])
    assert trusted == TrustedCatalogs(CATALOG, (CATALOG_TOKEN,))


def test_an_empty_list_is_no_trust() -> None:
    """Nothing was given, nothing is trusted."""
    with pytest.raises(Untrusted, match="is empty") as caught:
        first_catalogs([])
    assert caught.value.code is Code.CHAIN_BROKEN


def test_the_first_catalog_must_be_signed_by_a_root_of_its_own() -> None:
    """Signed by a stranger, or by its own signing key, it is refused."""
    for key in (STRANGER, SIGNING):
        with pytest.raises(Untrusted) as caught:
            first_catalogs([catalog_token(root=key)])
        assert caught.value.code is Code.CHAIN_BROKEN


def test_a_demanded_root_must_have_signed_the_first_catalog() -> None:
    """The right root passes; another fails, also when the catalog names it among its roots."""
    both = catalog_token(roots=(root_entry(ROOT), root_entry(STRANGER)))
    assert first_catalogs([both], root_kid=ROOT.kid).newest.seq == 7
    with pytest.raises(Untrusted, match=f"root {STRANGER.kid} was demanded") as caught:
        first_catalogs([both], root_kid=STRANGER.kid)
    assert caught.value.code is Code.CHAIN_BROKEN
    assert "Get the catalog from the publisher whose root this is" in caught.value.cure


def test_a_list_is_read_from_the_first_catalog_of_the_demanded_root_on() -> None:
    """A product pins the root of its own time; rotations lead on from there, and what came before proves it nothing."""
    rotated = tokens([E(1, "A", "A"), E(2, "B", "A"), E(3, "B", "B")])
    assert first_catalogs(rotated, root_kid=KEYS["A"].kid).tokens == tuple(rotated)
    assert first_catalogs(rotated, root_kid=KEYS["B"].kid).tokens == tuple(rotated[2:])
    with pytest.raises(Untrusted) as caught:
        first_catalogs(rotated, root_kid=KEYS["C"].kid)
    assert caught.value.code is Code.CHAIN_BROKEN


# --- roots that open and close ----------------------------------------------------------------------------------

CLOSES = MADE + 100


def closing(*, iat: int = MADE, seq: int = 7, closes: int | None = CLOSES, opens: int = MADE) -> str:
    """A catalog whose only root opens and closes then."""
    return catalog_token(seq=seq, iat=iat, roots=(root_entry(ROOT, opens=opens, closes=closes),))


@pytest.mark.parametrize(
    ("iat", "taken"),
    [
        pytest.param(MADE - 1, False, id="a second before it opened"),
        pytest.param(MADE, True, id="as it opened"),
        pytest.param(CLOSES - 1, True, id="in its last second"),
        pytest.param(CLOSES, False, id="as it closed"),
    ],
)
def test_a_root_signs_from_its_opening_until_its_closing(*, iat: int, taken: bool) -> None:
    """The catalog's `iat` lies in [from, until) of the entry in the catalog before it, and in its own if it is first."""
    trusted = first_catalogs([closing()])
    attempts: list[Callable[[], TrustedCatalogs]] = [
        lambda: first_catalogs([closing(iat=iat)]),
        lambda: later_catalogs(trusted, [closing(iat=iat, seq=8)]),
    ]
    for attempt in attempts:
        if taken:
            assert attempt().newest.iat == iat
        else:
            with pytest.raises(Untrusted, match="could not sign this catalog") as caught:
                attempt()
            assert caught.value.code is Code.CHAIN_BROKEN


def test_a_closed_root_does_not_reopen_itself_with_an_early_date() -> None:
    """Whoever steals a root after its closing signs nothing with it, whatever time the catalog claims."""
    rotation = catalog_token(
        seq=8,
        iat=CLOSES,
        roots=(root_entry(ROOT, closes=CLOSES), root_entry(STRANGER, opens=CLOSES)),
    )
    trusted = later_catalogs(first_catalogs([CATALOG_TOKEN]), [rotation])
    stolen = catalog_token(seq=9, iat=CLOSES - 1)
    with pytest.raises(Untrusted, match="could not sign") as caught:
        later_catalogs(trusted, [stolen])
    assert caught.value.code is Code.CHAIN_BROKEN
    rightful = catalog_token(
        seq=9, iat=CLOSES + 1, roots=(root_entry(STRANGER, opens=CLOSES),), root=STRANGER
    )
    assert later_catalogs(trusted, [rightful]).newest.seq == 9


def test_a_publisher_whose_clock_went_back_can_still_sign() -> None:
    """An open root's catalog with a higher seq and an earlier `iat` is the newer one: seq decides, not time."""
    trusted = first_catalogs([catalog_token(iat=MADE + 50)])
    assert later_catalogs(trusted, [catalog_token(seq=8, iat=MADE + 10)]).newest.seq == 8


def test_a_root_may_only_sign_what_its_entry_says() -> None:
    """A root entry without `tenure-catalog+jwt` signs no catalog."""
    entry = KeyEntry(ROOT.kid, ROOT.public.x, frozenset({Typ.HOST.value}), MADE)
    with pytest.raises(Untrusted, match="could not sign") as caught:
        first_catalogs([catalog_token(roots=(entry,))])
    assert caught.value.code is Code.CHAIN_BROKEN


# --- lists of catalogs ------------------------------------------------------------------------------------------


def test_a_list_of_catalogs_is_a_json_text() -> None:
    """`{"catalogs": [...]}` gives its tokens; unknown members are passed over."""
    assert catalogs_in(msgspec.json.encode(CatalogList(("a", "b")))) == ("a", "b")
    assert catalogs_in(b'{"catalogs":[],"tomorrow":1}') == ()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(CATALOG_TOKEN.encode(), id="a bare token"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no catalogs"),
        pytest.param(b'{"catalogs":null}', id="null"),
        pytest.param(b'{"catalogs":"token"}', id="a text"),
        pytest.param(b'{"catalogs":[1]}', id="numbers"),
        pytest.param(b'{"catalogs":["a"', id="cut off"),
        pytest.param(b'{"catalogs":["\xff"]}', id="no UTF-8"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="UTF-16"),
        pytest.param(b'{"catalogs":[' + b'"a",' * 1_000 + b'"a"]}', id="1,001 catalogs"),
        pytest.param(b'{"x":' + b"[" * 100_000, id="nested deep"),
        pytest.param(b"<html>not found</html>", id="a web page"),
    ],
)
def test_anything_else_is_no_list_of_catalogs(data: bytes) -> None:
    """The error says what a catalog file holds and how to get one."""
    with pytest.raises(Untrusted, match="A catalog file holds") as caught:
        catalogs_in(data)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    assert "tenure publisher catalog export" in caught.value.cure


@given(st.lists(st.text(max_size=30) | st.sampled_from([LEASE_TOKEN, CERTIFICATE_TOKEN]), max_size=3))
def test_no_list_of_texts_leads_to_another_error(texts: list[str]) -> None:
    """What is no catalog is Untrusted, first in a list or after one that is trusted."""
    attempts: list[Callable[[], TrustedCatalogs]] = [
        lambda: first_catalogs(texts),
        lambda: first_catalogs([CATALOG_TOKEN, *texts]),
    ]
    for attempt in attempts:
        try:
            trusted = attempt()
        except Untrusted:
            continue
        assert texts == []
        assert trusted.tokens == (CATALOG_TOKEN,)
