"""The bodies of the publisher's administration: what cannot be meant is refused, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tenure.core.errors import Code, Refused
from tenure.wire.administration import (
    HostKeyWanted,
    MakWanted,
    RetailKeyWanted,
    RevocationWanted,
    decode_key_wanted,
    decode_release_wanted,
    decode_revocation_wanted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ID = "11111111-1111-4111-8111-111111111111"


def test_the_type_says_what_else_there_is() -> None:
    """What is left out is empty, null, or false."""
    assert decode_key_wanted(b'{"type": "host"}') == HostKeyWanted()
    mak = f'{{"type": "mak", "product_id": "{ID}", "activations": 5, "customer": "C"}}'
    assert decode_key_wanted(mak.encode()) == MakWanted(product_id=UUID(ID), activations=5, customer="C")
    retail = f'{{"type": "retail", "product_id": "{ID}"}}'
    assert decode_key_wanted(retail.encode()) == RetailKeyWanted(product_id=UUID(ID))
    assert decode_revocation_wanted(b'{"from": 5}') == RevocationWanted(since=5)
    assert decode_revocation_wanted(b"{}") == RevocationWanted(reason="", since=None)


@pytest.mark.parametrize(
    ("decode", "body"),
    [
        pytest.param(decode_key_wanted, b"", id="nothing"),
        pytest.param(decode_key_wanted, b"{}", id="no-type"),
        pytest.param(decode_key_wanted, b'{"type": "generic"}', id="a-generic-key-is-no-secret"),
        pytest.param(decode_key_wanted, b'{"type": "host", "activations": 9}', id="hosts-are-six"),
        pytest.param(decode_key_wanted, b'{"type": "mak", "activations": 9}', id="a-mak-without-product"),
        pytest.param(decode_key_wanted, b'{"type": "host", "custommer": "C"}', id="a-mistyped-member"),
        pytest.param(decode_key_wanted, b'{"type": "host", "trial": 1}', id="one-is-not-true"),
        pytest.param(decode_key_wanted, b'{"type": "host", "pools": "servers"}', id="a-text-is-no-list"),
        pytest.param(decode_key_wanted, b"[" * 10_000, id="10000-brackets"),
        pytest.param(decode_key_wanted, b'{"type": "host", "customer": "\xff"}', id="no-utf-8"),
        pytest.param(decode_revocation_wanted, b'{"from": "now"}', id="a-time-is-a-number"),
        pytest.param(decode_revocation_wanted, b'{"since": 5}', id="the-members-name-is-from"),
        pytest.param(decode_release_wanted, b'{"reason": null}', id="a-reason-is-a-text"),
    ],
)
def test_what_cannot_be_meant_is_refused(decode: Callable[[bytes], object], body: bytes) -> None:
    """`invalid_request`: a member that is not known may be a mistyped one."""
    with pytest.raises(Refused) as caught:
        decode(body)
    assert caught.value.code is Code.INVALID_REQUEST
    assert str(caught.value).isprintable()
