"""A refusal on its way back to where it was asked: the reason that would have come over the network.

Nobody signs it, because nothing follows from it: it is told to an administrator, and a license stays what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from msgspec import Meta, Struct

from tenure.core.errors import Code, Refused
from tenure.wire.printable import MAX_SHOWN, one_line
from tenure.wire.problems import STATUSES, Hresult

if TYPE_CHECKING:
    from tenure.core.errors import TenureError
    from tenure.wire.request import ActivationRequest

RequestId = Annotated[str, Meta(min_length=1, max_length=128)]
Name = Annotated[str, Meta(max_length=64)]
Words = Annotated[str, Meta(max_length=MAX_SHOWN)]


class CarriedRefusal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was refused."""

    request_id: RequestId
    audience: UUID
    """The request's `aud`: the publisher that a host asked, the product that a machine asked for."""
    code: Name
    detail: Words
    cure: Words = ""
    hresult: Hresult | None = None

    def error(self) -> Refused:
        """The refusal, to be raised where it was asked. A code that is not known here is told as `invalid_request`."""
        try:
            code = Code(self.code)
        except ValueError:
            code = Code.INVALID_REQUEST
        return Refused(
            code,
            f"The publisher refused: {one_line(self.detail)}",
            one_line(self.cure),
            hresult=self.hresult,
        )


def refusal_of(request: ActivationRequest | None, outcome: TenureError) -> CarriedRefusal | None:
    """What is carried back of an outcome; None: it is no answer of a publisher's to this request.

    It is carried if it would travel over the network, unless it was asked too fast: the carrier asks again.
    """
    if request is None or not isinstance(outcome, Refused):
        return None
    if outcome.code not in STATUSES or outcome.code is Code.RATE_LIMITED:
        return None
    return CarriedRefusal(
        request_id=request.request_id,
        audience=request.audience,
        code=outcome.code.value,
        detail=one_line(outcome.detail),
        cure=one_line(outcome.cure),
        hresult=outcome.hresult,
    )
