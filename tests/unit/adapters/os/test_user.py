"""Who runs a command, as the audit has it."""

from __future__ import annotations

import os
import pwd

import pytest

from tenure.adapters.os.user import user_name

ME = pwd.getpwuid(os.geteuid()).pw_name


@pytest.mark.parametrize("variable", ["USER", "LOGNAME", "USERNAME"])
def test_what_everybody_may_set_is_not_believed(variable: str) -> None:
    """The system says who it is."""
    assert user_name({variable: "mallory"}) == ME


@pytest.mark.skipif(ME != "root", reason="sudo makes root of somebody")
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param("alice", "alice (sudo)", id="somebody"),
        pytest.param("", "root", id="root-itself"),
        pytest.param("a\x1b[31m\nb", "a [31m b (sudo)", id="a-terminals-escapes"),
        pytest.param("x" * 500, "x" * 64, id="a-long-name"),
    ],
)
def test_of_root_by_sudo_the_one_who_asked_is_told(asked: str, told: str) -> None:
    """Else every administrator would be root; in one short line."""
    assert user_name({"SUDO_USER": asked}) == told
