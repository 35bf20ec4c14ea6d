from __future__ import annotations

from uuid import UUID

import pytest

from tenure.core.catalog import Product
from tenure.core.errors import Code
from tenure.core.os_id import FROM_HOME, FROM_SYSTEM, os_id_refusal
from tenure.core.policy import Kind


def product(*, needs_os_id: bool) -> Product:
    """A product that wants an installation id, or does not."""
    return Product(
        product_id=UUID(int=1),
        number=0,
        name="Draft Studio",
        kind=Kind.WORKSTATION,
        pool="workstations",
        needs_os_id=needs_os_id,
    )


@pytest.mark.parametrize(
    ("needs_os_id", "source", "refused"),
    [
        pytest.param(False, FROM_SYSTEM, False, id="any machine may, with an id"),
        pytest.param(False, FROM_HOME, False, id="any machine may, without an id"),
        pytest.param(True, FROM_SYSTEM, False, id="an id is needed and there"),
        pytest.param(True, FROM_HOME, True, id="an id is needed and missing"),
    ],
)
def test_a_product_may_want_an_installation_id(*, needs_os_id: bool, source: str, refused: bool) -> None:
    """The refusal names the product, the cause, and where the id belongs."""
    refusal = os_id_refusal(product(needs_os_id=needs_os_id), source)
    assert (refusal is not None) is refused
    if refusal is not None:
        assert refusal.code is Code.OS_ID_MISSING
        assert "'Draft Studio'" in refusal.detail
        assert "/etc/machine-id" in refusal.cure


def test_a_product_that_nobody_knows_wants_nothing() -> None:
    """What is wrong there, others say."""
    assert os_id_refusal(None, FROM_HOME) is None
