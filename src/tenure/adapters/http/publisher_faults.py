"""Faults of a publisher's own home: in words for its log, and without them for whoever asked."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from tenure.core.errors import Code, Refused, TenureError, Unavailable, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("tenure.publisher")

_OWN_FAULTS = {Code.STORAGE_UNAVAILABLE, Code.STATE_DAMAGED, Code.NOT_SET_UP, Code.HOME_UNUSABLE}
"""Codes that no request can bring about: they speak of the publisher's home."""


async def done(work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """What `work` gives, done in a thread of its own: it asks the storage.

    A fault of the publisher's own home is logged here, and told as its own, without its paths.

    Raises:
        Unavailable: the home's fault: `storage_unavailable` where it may pass, else `internal`.
        Refused: code `invalid_request`, for an argument that cannot be meant: it came with the request.
        TenureError: any other fault of the request, as it was raised.
    """
    try:
        return await asyncio.to_thread(work, *arguments, **options)
    except TenureError as error:
        if isinstance(error, UsageError) and error.code is Code.INVALID_ARGUMENT:
            raise Refused(Code.INVALID_REQUEST, error.detail, error.cure) from error
        if error.code not in _OWN_FAULTS:
            raise
        log.error("the publisher cannot answer: %s", error)  # noqa: TRY400 - words for an operator, no traceback
        if error.code is Code.STORAGE_UNAVAILABLE:
            raise Unavailable(
                error.code, "The publisher cannot read or write its records now.", "Try again later."
            ) from error
        raise Unavailable(Code.INTERNAL, "The publisher failed.", "Its log says more.") from error
