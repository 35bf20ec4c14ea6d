"""Requests in a folder: all of them are found, within bounds, and each is answered in its turn."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import pytest

from tenure.core.errors import Code, LocalFault, Refused, TenureError, Unavailable, UsageError
from tenure.programs.answering import Found, answer_each, confirmations_of, found_in_folder
from tenure.wire.carried_refusal import CarriedRefusal
from tenure.wire.enrolment import HostActivated
from tenure.wire.parcel import MAX_DOCUMENTS, MAX_PARCEL, CarriedRequest, Confirmations, Requests, write_file
from unit.wire.example import CATALOG_TOKEN, OTHER_ID, PUBLISHER_ID, REQUEST_TOKEN, revocations_token

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

ONE = CarriedRequest(request=REQUEST_TOKEN, publisher_id=PUBLISHER_ID)
OF_ANOTHER = CarriedRequest(request=REQUEST_TOKEN, publisher_id=OTHER_ID)
REVOCATIONS_TOKEN = revocations_token()
ANSWER = HostActivated(certificate="certificate", used=1, limit=6)


def raising(error: TenureError) -> Callable[[CarriedRequest], NoReturn]:
    """A publisher that always says so."""

    def ask(_carried: CarriedRequest) -> NoReturn:
        raise error

    return ask


def test_requests_are_found_in_the_order_of_their_files(tmp_path: Path) -> None:
    """Hidden files, folders and confirmations are passed over; what holds no request is told."""
    (tmp_path / "b.json").write_text(write_file(Requests(requests=(ONE, OF_ANOTHER))))
    (tmp_path / "a.txt").write_text("junk")
    (tmp_path / "c.json").write_text(write_file(Confirmations(catalogs=(CATALOG_TOKEN,))))
    (tmp_path / ".hidden").write_text("junk")
    (tmp_path / "folder").mkdir()
    first, *others = found_in_folder(tmp_path)
    assert first.source == "a.txt"
    assert isinstance(first.content, TenureError)
    assert others == [Found("b.json", ONE), Found("b.json", OF_ANOTHER)]


def test_a_folder_has_a_bounded_number_of_requests(tmp_path: Path) -> None:
    """One more than one answer may hold is refused before anybody is asked."""
    (tmp_path / "a.json").write_text(write_file(Requests(requests=(ONE,) * MAX_DOCUMENTS)))
    assert len(found_in_folder(tmp_path)) == MAX_DOCUMENTS
    (tmp_path / "b.json").write_text(write_file(Requests(requests=(ONE,))))
    with pytest.raises(UsageError, match="10,001 requests"):
        found_in_folder(tmp_path)


def test_a_folder_has_a_bounded_size(tmp_path: Path) -> None:
    """Its files are not even read then."""
    path = tmp_path / "large.json"
    path.touch()
    os.truncate(path, MAX_PARCEL + 1)
    with pytest.raises(UsageError, match="1 files of 67,108,865 bytes"):
        found_in_folder(tmp_path)


def test_a_folder_without_files_is_a_wrong_one(tmp_path: Path) -> None:
    """So is one that is not there."""
    with pytest.raises(UsageError, match="0 files"):
        found_in_folder(tmp_path)
    with pytest.raises(LocalFault):
        found_in_folder(tmp_path / "none")


def test_each_request_is_answered_and_told_as_it_is() -> None:
    """A file without one keeps its error."""
    junk = UsageError(Code.INVALID_ARGUMENT, "junk")
    answered = list(answer_each([Found("a", ONE), Found("b", junk)], lambda _carried: ANSWER))
    assert [one.outcome for one in answered] == [ANSWER, junk]
    assert [one.request.request_id if one.request else None for one in answered] == ["request-1", None]
    assert confirmations_of(answered, [CATALOG_TOKEN], [REVOCATIONS_TOKEN]) == Confirmations(
        certificates=(ANSWER,), catalogs=(CATALOG_TOKEN,), revocations=(REVOCATIONS_TOKEN,)
    )


def test_a_refusal_stops_nobody_and_is_carried_back() -> None:
    """Each is asked for, and what was published goes with it: it may say why."""
    refused = Refused(Code.KEY_LIMIT, "used up", "Buy more.")
    answered = list(answer_each([Found("a", ONE), Found("b", ONE)], raising(refused)))
    assert [one.outcome for one in answered] == [refused, refused]
    refusal = CarriedRefusal(
        request_id="request-1", audience=PUBLISHER_ID, code="key_limit", detail="used up", cure="Buy more."
    )
    assert confirmations_of(answered, [CATALOG_TOKEN], [REVOCATIONS_TOKEN]) == Confirmations(
        catalogs=(CATALOG_TOKEN,), refusals=(refusal, refusal), revocations=(REVOCATIONS_TOKEN,)
    )


def test_where_nobody_answered_there_is_nothing_to_carry() -> None:
    """A publisher that is silent, and what is no request."""
    silent = Unavailable(Code.PUBLISHER_UNREACHABLE, "silent")
    junk = Found("b", UsageError(Code.INVALID_ARGUMENT, "junk"))
    answered = list(answer_each([Found("a", ONE), junk], raising(silent)))
    assert confirmations_of(answered, [CATALOG_TOKEN], [REVOCATIONS_TOKEN]) is None


def test_a_publisher_that_is_silent_is_asked_once() -> None:
    """Another publisher is asked all the same."""
    asked: list[UUID] = []

    def ask(carried: CarriedRequest) -> HostActivated:
        asked.append(carried.publisher_id)
        if carried.publisher_id == PUBLISHER_ID:
            raise Unavailable(Code.PUBLISHER_UNREACHABLE, "silent")
        return ANSWER

    outcomes = [one.outcome for one in answer_each([Found("a", x) for x in (ONE, ONE, OF_ANOTHER)], ask)]
    assert asked == [PUBLISHER_ID, OTHER_ID]
    assert [isinstance(outcome, Unavailable) for outcome in outcomes] == [True, True, False]


def test_a_fault_of_this_machine_stops_all() -> None:
    """There is nobody else to go on with."""
    with pytest.raises(LocalFault):
        list(answer_each([Found("a", ONE)], raising(LocalFault(Code.HOME_UNUSABLE, "full"))))


def test_a_request_that_is_none_is_refused_before_it_is_sent() -> None:
    """Whoever asks for others does not carry junk to the publisher."""
    junk = CarriedRequest(request="a.b.c", publisher_id=PUBLISHER_ID)
    (one,) = answer_each([Found("a", junk)], raising(AssertionError()))  # type: ignore[arg-type]  # it must not be called
    assert isinstance(one.outcome, TenureError)
    assert one.outcome.code is Code.DOCUMENT_MALFORMED
