"""`tenure-revocation+jwt`: what a list says comes back, whose list is believed, and what a careless one says is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.core.revocation import LATEST, LONGEST_REASON, Revocable, Revocation
from tenure.wire.jws import MAX_LIST_DOCUMENT, Typ
from tenure.wire.revocation import (
    RevocationBody,
    kept_revocations,
    open_revocations,
    revocations_in,
    revocations_of,
    sign_revocations,
    stored_revocations,
)
from unit.wire.example import (
    CATALOG,
    CATALOG_TOKEN,
    NOW,
    OTHER_ID,
    PUBLISHER_ID,
    REVOCATIONS,
    REVOCATIONS_TOKEN,
    ROOT,
    SIGNING,
    STRANGER,
    catalog_with_key,
    revocations_token,
)
from unit.wire.forgery import payload_of, resigned, with_value, without

PAYLOAD = payload_of(REVOCATIONS_TOKEN)


def refusal(payload: dict[str, Any]) -> Untrusted:
    """The error that this payload leads to."""
    with pytest.raises(Untrusted) as caught:
        revocations_of(payload)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value


def test_the_payload_has_the_members_of_the_design() -> None:
    """`iss` and `sub` are the publisher; an entry without a reason has none."""
    assert list(PAYLOAD) == [
        *("ver", "iss", "sub", "jti", "iat", "seq", "next_update", "hosts", "keys", "grants")
    ]
    assert PAYLOAD["iss"] == PAYLOAD["sub"] == str(PUBLISHER_ID)
    assert PAYLOAD["hosts"] == [
        {"id": str(OTHER_ID), "from": REVOCATIONS.entries[0].since, "reason": "Gerät gestohlen"}
    ]
    assert set(PAYLOAD["keys"][0]) == {"id", "from"}


reasons = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=LONGEST_REASON)
subjects = {
    Revocable.HOST: st.uuids().map(str),
    Revocable.KEY: st.text("abcXYZ019_-", min_size=43, max_size=43),
    Revocable.GRANT: st.text(min_size=1, max_size=128).filter(lambda text: text.isprintable()),
}
entries = st.sampled_from(Revocable).flatmap(
    lambda kind: st.builds(
        Revocation, kind=st.just(kind), subject=subjects[kind], since=st.integers(0, LATEST), reason=reasons
    )
)


@settings(max_examples=60)
@given(
    seq=st.integers(1, 2**53),
    iat=st.integers(0, 2**53),
    next_update=st.integers(0, 2**53),
    listed=st.lists(entries, max_size=8, unique_by=lambda entry: (entry.kind, entry.subject)),
)
def test_what_is_signed_is_what_is_read(
    seq: int, iat: int, next_update: int, listed: list[Revocation]
) -> None:
    """Every value comes back; hosts come first, then keys, then grants."""
    ordered = tuple(entry for kind in Revocable for entry in listed if entry.kind is kind)
    made = replace(REVOCATIONS, seq=seq, iat=iat, next_update=next_update, entries=tuple(listed))
    token = sign_revocations(made, document_id="list", signing_key=SIGNING)
    assert revocations_of(payload_of(token)) == replace(made, entries=ordered)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        pytest.param(("sub",), str(OTHER_ID), "iss and sub", id="another sub"),
        pytest.param(("iss",), "publisher", "iss and sub", id="iss no UUID"),
        pytest.param(("seq",), 0, "$.seq", id="seq 0"),
        pytest.param(("seq",), 2**53 + 1, "$.seq", id="seq too high"),
        pytest.param(("seq",), "3", "$.seq", id="seq a text"),
        pytest.param(("next_update",), -1, "$.next_update", id="next update before 1970"),
        pytest.param(("next_update",), None, "$.next_update", id="no next update"),
        pytest.param(("hosts",), {}, "$.hosts", id="hosts an object"),
        pytest.param(("hosts", 0, "id"), "x", "$.hosts[0].id", id="a host that is no UUID"),
        pytest.param(("hosts", 0, "from"), -1, "$.hosts[0].from", id="revoked before 1970"),
        pytest.param(("hosts", 0, "from"), LATEST + 1, "$.hosts[0].from", id="revoked after 9999"),
        pytest.param(("hosts", 0, "from"), 1.5, "$.hosts[0].from", id="a fraction"),
        pytest.param(("hosts", 0, "reason"), "a\nb", "$.hosts[0].reason", id="a reason of two lines"),
        pytest.param(
            ("hosts", 0, "reason"), "x" * (LONGEST_REASON + 1), "$.hosts[0].reason", id="a long reason"
        ),
        pytest.param(("keys", 0, "id"), "short", "$.keys[0].id", id="a key id that is none"),
        pytest.param(("grants", 0, "id"), "", "$.grants[0].id", id="an empty grant"),
        pytest.param(("grants", 0, "id"), "x" * 129, "$.grants[0].id", id="a long grant"),
        pytest.param(("hosts",), PAYLOAD["hosts"] * 2, "names something twice", id="a host twice"),
    ],
)
def test_a_wrong_member_is_named(path: tuple[str | int, ...], value: Any, named: str) -> None:
    """One departure at a time from a good list: the error says where it is."""
    assert named in refusal(with_value(PAYLOAD, path, value)).detail


@pytest.mark.parametrize("member", ["seq", "next_update", "hosts", "keys", "grants", "iat"])
def test_no_member_may_be_missing(member: str) -> None:
    """A list that leaves something out is no list: nobody guesses that nothing was meant."""
    assert member in refusal(without(PAYLOAD, member)).detail


def test_unknown_members_are_ignored() -> None:
    """Fields are append-only, in the list and in its entries."""
    more = with_value({**PAYLOAD, "more": 1}, ("hosts", 0), {**PAYLOAD["hosts"][0], "more": 1})
    assert revocations_of(more) == REVOCATIONS


def opened(token: str, **changes: Any) -> Code | None:
    """What keeps the example's catalog from taking this list as it arrives."""
    try:
        open_revocations(token, changes.get("catalog", CATALOG), changes.get("known"), now=NOW)
    except Untrusted as error:
        return error.code
    return None


KNOWN = open_revocations(REVOCATIONS_TOKEN, CATALOG, None, now=NOW)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param("list", Code.DOCUMENT_MALFORMED, id="no document"),
        pytest.param(CATALOG_TOKEN, Code.DOCUMENT_MALFORMED, id="a catalog"),
        pytest.param(revocations_token(key=STRANGER), Code.CHAIN_BROKEN, id="by a stranger"),
        pytest.param(revocations_token(key=ROOT), Code.CHAIN_BROKEN, id="by the root, which may not"),
        pytest.param(
            resigned(REVOCATIONS_TOKEN, STRANGER, kid=SIGNING.kid),
            Code.SIGNATURE_INVALID,
            id="by a stranger in the signing key's name",
        ),
        pytest.param(revocations_token(publisher_id=OTHER_ID), Code.CHAIN_BROKEN, id="another publisher's"),
        pytest.param(revocations_token(iat=0), Code.CHAIN_BROKEN, id="dated before the key was opened"),
        pytest.param(REVOCATIONS_TOKEN, None, id="the good one"),
    ],
)
def test_only_the_publishers_own_list_is_believed(token: str, code: Code | None) -> None:
    """By the chain alone; nothing else in it is looked at before."""
    assert opened(token) is code


@pytest.mark.parametrize(
    ("seq", "code"),
    [
        (2, Code.REVOCATION_ROLLED_BACK),
        (3, Code.REVOCATION_ROLLED_BACK),
        (4, None),
    ],
)
def test_a_list_only_follows_a_lower_seq(seq: int, code: Code | None) -> None:
    """The known one has seq 3; another list under the same number is no newer."""
    assert opened(revocations_token(seq=seq, entries=()), known=KNOWN) is code


def test_the_list_that_is_known_already_stays() -> None:
    """Each hour the same list is fetched again: that is no roll-back."""
    assert open_revocations(REVOCATIONS_TOKEN, CATALOG, KNOWN, now=NOW) is KNOWN


def test_a_closed_key_brings_no_new_list_and_keeps_the_old_one() -> None:
    """At receipt the key must be open now; at rest it must have been when it signed."""
    closed = catalog_with_key(closes=NOW)
    assert opened(REVOCATIONS_TOKEN, catalog=closed) is Code.CHAIN_BROKEN
    assert stored_revocations(REVOCATIONS_TOKEN, closed).newest == REVOCATIONS


def test_a_key_without_the_right_signs_no_list() -> None:
    """What a key may sign stands in the catalog."""
    catalog = catalog_with_key(may=frozenset({Typ.HOST.value}))
    assert opened(REVOCATIONS_TOKEN, catalog=catalog) is Code.CHAIN_BROKEN


def test_a_thief_cannot_keep_the_publisher_from_being_heard_for_ever() -> None:
    """His list has the highest seq there is; once his key is closed from before the theft it counts as none."""
    frozen = revocations_token(seq=2**53)
    assert kept_revocations(frozen, CATALOG) is not None
    assert kept_revocations(frozen, catalog_with_key(closes=REVOCATIONS.iat)) is None
    assert kept_revocations(None, CATALOG) is None


def many(number: int, *, reason: str = "") -> tuple[Revocation, ...]:
    """So many revoked hosts."""
    return tuple(
        Revocation(kind=Revocable.HOST, subject=str(UUID(int=n, version=4)), since=NOW, reason=reason)
        for n in range(number)
    )


def test_a_list_holds_eight_thousand_hosts_with_their_reasons() -> None:
    """Near 1 MiB it is still read; what would be longer is refused where it is signed."""
    token = revocations_token(entries=many(8_000, reason="stolen from a van"))
    assert MAX_LIST_DOCUMENT * 0.9 < len(token) <= MAX_LIST_DOCUMENT
    assert len(open_revocations(token, CATALOG, None, now=NOW).newest.entries) == 8_000
    with pytest.raises(Untrusted, match="at most 1,048,576 characters"):
        revocations_token(entries=many(16_000))


def test_the_body_carries_one_token() -> None:
    """As host and publisher serve it, and as machines keep it."""
    body = msgspec.json.encode(RevocationBody(REVOCATIONS_TOKEN))
    assert revocations_in(body) == REVOCATIONS_TOKEN


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"revocations": 1}', b"\xff", b"[" * 5_000],
    ids=lambda data: repr(data[:20]),
)
def test_a_body_that_is_none_is_malformed(data: bytes) -> None:
    """In words, whatever a peer sends."""
    with pytest.raises(Untrusted) as caught:
        revocations_in(data)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
