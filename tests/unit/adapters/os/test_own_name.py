"""The name under which this machine is published."""

from __future__ import annotations

import pytest

from tenure.adapters.os.addresses import own_name
from tenure.core.errors import Code, UsageError


@pytest.mark.parametrize(
    ("host_name", "suffixes", "name"),
    [
        pytest.param("host1", ("corp.test", "lab.test"), "host1.corp.test", id="the first suffix"),
        pytest.param("host1.lab.test", ("corp.test",), "host1.lab.test", id="a whole name"),
    ],
)
def test_a_host_name_gets_the_machines_suffix(host_name: str, suffixes: tuple[str, ...], name: str) -> None:
    """Unless it has one."""
    assert own_name(suffixes, host_name=host_name) == name


@pytest.mark.parametrize(
    ("host_name", "suffixes"),
    [
        pytest.param("host1", (), id="no suffix"),
        pytest.param("localhost", ("corp.test",), id="not named yet"),
        pytest.param("localhost.localdomain", (), id="not named yet, with a dot"),
    ],
)
def test_a_name_that_others_cannot_look_up_is_refused(host_name: str, suffixes: tuple[str, ...]) -> None:
    """With the option that names it."""
    with pytest.raises(UsageError) as refused:
        own_name(suffixes, host_name=host_name)
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert "--target" in refused.value.cure
