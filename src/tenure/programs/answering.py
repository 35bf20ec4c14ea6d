"""Answering what was carried here, one request after the other: by the publisher itself, or by asking it for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import unusable
from tenure.core.errors import Code, LocalFault, TenureError, Unavailable, UsageError
from tenure.programs.parcels import read_parcel_file
from tenure.wire.carried_refusal import refusal_of
from tenure.wire.enrolment import HostActivated, MachineActivated
from tenure.wire.parcel import (
    MAX_DOCUMENTS,
    MAX_PARCEL,
    CarriedRequest,
    Confirmations,
    Form,
    Requests,
    read_parcel,
)
from tenure.wire.request import ActivationRequest, request_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias
    from uuid import UUID

    from tenure.programs.parcels import Delivered

    Ask: TypeAlias = Callable[[CarriedRequest], HostActivated | MachineActivated]
    """Answers a request, or raises."""


@dataclass(frozen=True, slots=True)
class Found:
    """A request in a file, or why there is none in it."""

    source: str
    """The file's name."""
    content: CarriedRequest | TenureError


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one request, or of a file that holds none."""

    source: str
    request: ActivationRequest | None
    """As it says itself; nothing of it is verified here."""
    outcome: HostActivated | MachineActivated | TenureError


@dataclass(frozen=True, slots=True)
class AnsweredParcel:
    """What became of the requests, and where the answers are; None: nobody answered any."""

    answered: Sequence[Answered]
    delivered: Delivered | None


def found_in(source: str, data: bytes) -> tuple[list[Found], Form]:
    """The requests in what was carried here, and the form in which they came.

    Raises:
        UsageError, Untrusted: it holds none.
    """
    parcel, form = read_parcel(data)
    if not isinstance(parcel, Requests):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{source} holds confirmations, not requests.",
            "They are taken where it was asked for them: activate --confirmation FILE.",
        )
    return _requests(source, parcel), form


def found_in_folder(folder: Path) -> list[Found]:
    """The requests in the files of a folder, in the order of their names; hidden files and folders are passed over.

    Raises:
        UsageError: code `invalid_argument`, when the folder has no file, or too many or too large ones.
        LocalFault: it cannot be read.
    """
    try:
        files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
        size = sum(file.stat().st_size for file in files)
    except OSError as error:
        raise unusable(folder, error) from error
    if not 0 < len(files) <= MAX_DOCUMENTS or size > MAX_PARCEL:
        raise _wrong_folder(f"{folder} has {len(files):,} files of {size:,} bytes in all")
    found = [one for file in files for one in _found_in_file(file)]
    if len(found) > MAX_DOCUMENTS:
        raise _wrong_folder(f"{folder} has {len(found):,} requests")
    return found


def _wrong_folder(has: str) -> UsageError:
    return UsageError(
        Code.INVALID_ARGUMENT,
        f"{has}; 1 to {MAX_DOCUMENTS:,} of at most {MAX_PARCEL:,} bytes are answered at a time.",
        "Name the folder in which the requests lie that --offline wrote.",
    )


def _found_in_file(file: Path) -> list[Found]:
    try:
        parcel, _ = read_parcel(read_parcel_file(file))
    except TenureError as error:
        return [Found(file.name, error)]
    # Confirmations are the fruit of an earlier run that was written beside its requests.
    return _requests(file.name, parcel) if isinstance(parcel, Requests) else []


def _requests(source: str, parcel: Requests) -> list[Found]:
    return [Found(source, request) for request in parcel.requests]


def answer_each(found: Iterable[Found], ask: Ask) -> Iterator[Answered]:
    """Each request is answered in its turn, and told at once; a refused one does not stop the others.

    When a publisher gives no answer, it is not asked for the rest, which is told the same.

    Raises:
        LocalFault: this machine keeps all of it from working.
    """
    silent: dict[UUID, Unavailable] = {}
    for one in found:
        if isinstance(one.content, TenureError):
            yield Answered(one.source, None, one.content)
            continue
        request = None
        outcome: HostActivated | MachineActivated | TenureError
        try:
            request = request_of(one.content.request)
            outcome = silent.get(one.content.publisher_id) or ask(one.content)
        except LocalFault:
            raise
        except TenureError as error:
            outcome = error
            if isinstance(error, Unavailable):
                silent[one.content.publisher_id] = error
        yield Answered(one.source, request, outcome)


def confirmations_of(
    answered: Sequence[Answered], catalogs: Sequence[str], revocations: Sequence[str]
) -> Confirmations | None:
    """What is carried back: what was granted and what was refused; None: neither."""
    outcomes = [one.outcome for one in answered]
    certificates = tuple(outcome for outcome in outcomes if isinstance(outcome, HostActivated))
    grants = tuple(outcome for outcome in outcomes if isinstance(outcome, MachineActivated))
    refused = (
        refusal_of(one.request, one.outcome) for one in answered if isinstance(one.outcome, TenureError)
    )
    refusals = tuple(refusal for refusal in refused if refusal is not None)
    if not certificates and not grants and not refusals:
        return None
    return Confirmations(
        certificates=certificates,
        grants=grants,
        catalogs=tuple(catalogs),
        refusals=refusals,
        revocations=tuple(revocations),
    )
