"""A parcel says the same in all of its forms, and its form is recognized."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.wire.carried_refusal import CarriedRefusal
from tenure.wire.enrolment import HostActivated, MachineActivated
from tenure.wire.parcel import (
    CarriedRequest,
    Confirmations,
    Form,
    Parcel,
    Requests,
    read_parcel,
    write_file,
    write_pictures,
    write_text,
)
from tenure.wire.request import request_of
from unit.wire.example import (
    CATALOG_TOKEN,
    CERTIFICATE_TOKEN,
    LEASE_TOKEN,
    OTHER_ID,
    PUBLISHER_ID,
    REQUEST_TOKEN,
    catalog_token,
    revocations_token,
)

REQUESTS = Requests(
    requests=(CarriedRequest(request=REQUEST_TOKEN, publisher_id=PUBLISHER_ID, catalog_seq=7),)
)
CONFIRMATIONS = Confirmations(
    certificates=(HostActivated(certificate=CERTIFICATE_TOKEN, used=2, limit=6),),
    # Whatever is signed: the parcel does not look into it.
    grants=(MachineActivated(grant=LEASE_TOKEN, used=3, limit=3),),
    catalogs=(CATALOG_TOKEN,),
)
REFUSAL = CarriedRefusal(
    request_id="request-1",
    audience=PUBLISHER_ID,
    code="key_limit",
    detail="Six of six hosts have a place.",
    cure="Ask the publisher to release one.",
    hresult="0xC004C008",
)
REFUSALS = Confirmations(
    catalogs=(CATALOG_TOKEN,),
    refusals=(REFUSAL, CarriedRefusal(request_id="2", audience=OTHER_ID, code="key_type", detail="No.")),
)
GOLDEN = Path(__file__).parent / "golden_parcels"
each_parcel = pytest.mark.parametrize(
    "parcel",
    [
        pytest.param(REQUESTS, id="a request"),
        pytest.param(Requests(requests=REQUESTS.requests * 3), id="requests"),
        pytest.param(CONFIRMATIONS, id="confirmations"),
        pytest.param(REFUSALS, id="refusals"),
        pytest.param(Confirmations(), id="an empty confirmation"),
    ],
)


def pictures(parcel: Parcel) -> str:
    """What somebody's telephone makes of the pictures."""
    return "\n".join(write_pictures(parcel))


def refusal(data: bytes) -> Untrusted:
    """The error that this leads to."""
    with pytest.raises(Untrusted) as caught:
        read_parcel(data)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value


@each_parcel
def test_a_parcel_says_the_same_in_every_form(parcel: Parcel) -> None:
    """And the reader tells in which it came."""
    assert read_parcel(write_file(parcel).encode()) == (parcel, Form.FILE)
    assert read_parcel(write_text(parcel).encode()) == (parcel, Form.TEXT)
    assert read_parcel(pictures(parcel).encode()) == (parcel, Form.QR)


@pytest.mark.parametrize(
    ("file", "parcel"),
    [
        ("requests.json", REQUESTS),
        ("requests.txt", REQUESTS),
        ("requests.qr", REQUESTS),
        ("confirmations.txt", CONFIRMATIONS),
        ("refusals.txt", REFUSALS),
        ("refusals.json", REFUSALS),
    ],
)
def test_what_was_printed_once_is_read_forever(file: str, parcel: Parcel) -> None:
    """The files in `golden_parcels/` never change. Another zlib may write other bytes; it reads these."""
    assert read_parcel((GOLDEN / file).read_bytes())[0] == parcel


def test_a_file_can_be_read_by_any_tool() -> None:
    """JSON that says what it is; the documents stand in it as they are signed."""
    assert json.loads(write_file(REQUESTS)) == {
        "tenure": "activation requests",
        "format": 1,
        "requests": [
            {"request": REQUEST_TOKEN, "publisher_id": str(PUBLISHER_ID), "catalog_seq": 7},
        ],
    }
    assert json.loads(write_file(CONFIRMATIONS)) == {
        "tenure": "activation confirmations",
        "format": 1,
        "certificates": [{"certificate": CERTIFICATE_TOKEN, "used": 2, "limit": 6}],
        "grants": [{"grant": LEASE_TOKEN, "used": 3, "limit": 3}],
        "catalogs": [CATALOG_TOKEN],
        "refusals": [],
        "revocations": [],
    }
    assert json.loads(write_file(REFUSALS))["refusals"] == [
        {
            "request_id": "request-1",
            "audience": str(PUBLISHER_ID),
            "code": "key_limit",
            "detail": "Six of six hosts have a place.",
            "cure": "Ask the publisher to release one.",
            "hresult": "0xC004C008",
        },
        {"request_id": "2", "audience": str(OTHER_ID), "code": "key_type", "detail": "No."},
    ]


def test_revocation_lists_are_in_files_alone() -> None:
    """One may have a megabyte, which nobody types."""
    parcel = Confirmations(catalogs=(CATALOG_TOKEN,), revocations=(revocations_token(),))
    without = Confirmations(catalogs=(CATALOG_TOKEN,))
    assert read_parcel(write_file(parcel).encode())[0] == parcel
    assert read_parcel(write_text(parcel).encode())[0] == without
    assert read_parcel(pictures(parcel).encode())[0] == without


def test_the_newest_list_of_a_publisher_is_taken_out() -> None:
    """Several publishers may have answered, and one of them twice."""
    first, second = revocations_token(seq=3), revocations_token(seq=4)
    other = revocations_token(publisher_id=OTHER_ID, seq=9)
    parcel = Confirmations(revocations=(second, other, first))
    assert parcel.newest_list_of(PUBLISHER_ID) == second
    assert parcel.newest_list_of(OTHER_ID) == other
    assert parcel.newest_list_of(UUID(int=5)) is None


def test_of_several_refusals_that_of_the_newest_own_request_is_told() -> None:
    """Those of others are passed over, by what was asked for and by the request."""
    asked = request_of(REQUEST_TOKEN)
    pending = {"old": replace(asked, request_id="old", iat=asked.iat - 1), asked.request_id: asked}
    old, foreign = replace_refusal(request_id="old"), replace_refusal(audience=OTHER_ID)
    stranger = replace_refusal(request_id="another")
    assert Confirmations(refusals=(REFUSAL, old)).refusal_of(PUBLISHER_ID, pending) == REFUSAL
    assert Confirmations(refusals=(foreign, old, stranger)).refusal_of(PUBLISHER_ID, pending) == old
    assert Confirmations(refusals=(foreign, stranger)).refusal_of(PUBLISHER_ID, pending) is None


def replace_refusal(**changes: Any) -> CarriedRefusal:
    """The refusal with something else in it."""
    return structs.replace(REFUSAL, **changes)


def test_the_title_of_a_text_block_says_which_way_it_goes() -> None:
    """For whoever finds the paper."""
    assert write_text(REQUESTS).startswith("-----BEGIN TENURE ACTIVATION REQUEST-----")
    assert write_text(CONFIRMATIONS).startswith("-----BEGIN TENURE ACTIVATION CONFIRMATION-----")


def test_a_request_is_short_enough_for_paper_and_one_picture() -> None:
    """Under 40 lines: a page."""
    assert len(write_text(REQUESTS).splitlines()) < 40
    assert len(write_pictures(REQUESTS)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("write", [write_file, write_text, pictures])
def test_what_an_editor_saved_is_read(write: Any, encoding: str) -> None:
    """Windows' own save text with a mark before it."""
    assert read_parcel(write(REQUESTS).encode(encoding))[0] == REQUESTS


def test_catalogs_are_told_apart_by_their_publisher() -> None:
    """One file may bring back what several publishers answered."""
    other = catalog_token(publisher_id=OTHER_ID)
    parcel = Confirmations(catalogs=(CATALOG_TOKEN, other))
    assert parcel.catalogs_of(PUBLISHER_ID) == (CATALOG_TOKEN,)
    assert parcel.catalogs_of(OTHER_ID) == (other,)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n", id="PNG"),
        pytest.param(b"\xff\xd8\xff\xe0", id="JPEG"),
        pytest.param(b'<?xml version="1.0"?><svg', id="SVG"),
        pytest.param(b"\n <svg", id="SVG without a prolog"),
    ],
)
def test_a_picture_itself_is_told_from_what_it_says(start: bytes) -> None:
    """It is not damaged: it is to be read by something else first."""
    with pytest.raises(UsageError, match="zbarimg"):
        read_parcel(start)


FILE: dict[str, Any] = json.loads(write_file(REQUESTS))
ONE: dict[str, Any] = FILE["requests"][0]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"tenure": "something else"}, id="another kind"),
        pytest.param({"format": 2}, id="a later format"),
        pytest.param({"requests": []}, id="no request"),
        pytest.param({"requests": [ONE] * 10_001}, id="too many requests"),
        pytest.param({"requests": [{**ONE, "publisher_id": "x"}]}, id="no publisher id"),
        pytest.param({"requests": [{**ONE, "catalog_seq": -1}]}, id="a negative number"),
        pytest.param({"requests": [{**ONE, "catalog_seq": 2**53 + 1}]}, id="too large a number"),
        pytest.param({"requests": [{"publisher_id": str(PUBLISHER_ID)}]}, id="no document"),
        pytest.param({"requests": [{**ONE, "request": 1}]}, id="a number for a document"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(changed: dict[str, Any]) -> None:
    """It says which member is wrong."""
    assert "no activation request or confirmation" in refusal(json.dumps({**FILE, **changed}).encode()).detail


def test_unknown_members_are_ignored() -> None:
    """Fields are append-only: a newer version may say more."""
    assert read_parcel(json.dumps({**FILE, "more": [1]}).encode())[0] == REQUESTS


@pytest.mark.parametrize(
    "data", [b"", b"{", b"{}", b"{" * 100_000, b"\xff\xfe\x00", b"\x00" * 50, b"\xfe\xff{"]
)
def test_anything_else_is_refused_in_words(data: bytes) -> None:
    """No traceback, whatever lies there."""
    assert refusal(data).cure
