"""Answering requests that were carried to the publisher."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tenure.core.errors import TenureError
from tenure.programs.answering import AnsweredParcel, answer_each, confirmations_of, found_in, found_in_folder
from tenure.programs.parcels import deliver
from tenure.programs.publisher import open_authority
from tenure.publisher.carried_activation import activate, catalogs_after, revocations
from tenure.wire.parcel import CarriedRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tenure.adapters.os.home import Home
    from tenure.programs.answering import Found
    from tenure.wire.parcel import Form


def activate_request(
    home: Home, source: str, data: bytes, *, out: Path | None, form: Form | None
) -> AnsweredParcel:
    """The requests in what was carried here are answered, in the form in which they came unless another is asked for.

    Raises:
        UsageError, Untrusted: it holds no request.
        TenureError: why the only request in it has no answer that could be carried back.
    """
    found, came_as = found_in(source, data)
    done = _answer(home, found, out, form, otherwise=came_as, progress=lambda _done, _of: None)
    outcome = done.answered[0].outcome
    if done.delivered is None and len(done.answered) == 1 and isinstance(outcome, TenureError):
        raise outcome
    return done


def activate_folder(
    home: Home, folder: Path, *, out: Path, form: Form | None, progress: Callable[[int, int], None]
) -> AnsweredParcel:
    """The requests in all files of the folder are answered; `progress` hears how many are done, of how many.

    Raises:
        UsageError: code `invalid_argument`, when the folder has no file, or too many.
        LocalFault: it cannot be read, or `out` cannot be written.
    """
    return _answer(home, found_in_folder(folder), out, form, otherwise=None, progress=progress)


def _answer(
    home: Home,
    found: Sequence[Found],
    out: Path | None,
    form: Form | None,
    *,
    otherwise: Form | None,
    progress: Callable[[int, int], None],
) -> AnsweredParcel:
    answered = []
    with open_authority(home) as authority:
        for one in answer_each(found, partial(activate, authority)):
            answered.append(one)
            progress(len(answered), len(found))
        known = [one.content.catalog_seq for one in found if isinstance(one.content, CarriedRequest)]
        catalogs = catalogs_after(authority, min(known, default=0))
        parcel = confirmations_of(answered, catalogs, revocations(authority))
    return AnsweredParcel(answered, deliver(parcel, out, form, otherwise=otherwise) if parcel else None)
