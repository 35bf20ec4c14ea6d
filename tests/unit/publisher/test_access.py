"""Access to the API: by token and role, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.authority import SimulatedAuthority
from tenure.core.errors import Code, Refused
from tenure.core.policy import DAY
from tenure.publisher.access import FAILURES_OF_ALL, FAILURES_OF_ONE, Access
from tenure.publisher.audit import Actor
from tenure.publisher.memory import MemoryPublisherStore
from tenure.publisher.tokens import MAY, Permission, Role, add_token, remove_token

if TYPE_CHECKING:
    from tenure.publisher.audit import AuditEvent

HERE = "192.0.2.7"


class Setting:
    """A publisher with a token of each role."""

    def __init__(self) -> None:
        """Make them."""
        self.simulated = SimulatedAuthority()
        authority = self.simulated.authority
        self.tokens = {role: add_token(authority, role.value, role, days=1)[0] for role in Role}
        self.access = Access(authority, salt="")

    def refusal(self, token: str | None, permission: Permission, address: str = HERE) -> Refused:
        """Why the token is not let in."""
        with pytest.raises(Refused) as caught:
            self.access.admit(token, permission, address)
        return caught.value

    def refusals(self) -> list[AuditEvent]:
        """The refusals in the audit."""
        assert isinstance(self.simulated.store, MemoryPublisherStore)
        events = [row.event for row in self.simulated.store.rows.audited]
        return [event for event in events if event.action.startswith("refused")]


@pytest.fixture
def setting() -> Setting:
    """A publisher with a token of each role."""
    return Setting()


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_token_may_what_its_role_may(setting: Setting, role: Role, permission: Permission) -> None:
    """It acts under its own name, from where it came; all else is `forbidden_role`, and audited."""
    token = setting.tokens[role]
    if permission in MAY[role]:
        actor = setting.access.admit(token, permission, HERE).actor
        assert actor == Actor(f"token {role}", HERE)
        assert setting.refusals() == []
        return
    assert setting.refusal(token, permission).code is Code.FORBIDDEN_ROLE
    (event,) = setting.refusals()
    assert (event.action, event.subject, event.actor) == ("refused role", role, Actor(f"token {role}", HERE))


def test_without_a_token_nothing_is_done(setting: Setting) -> None:
    """Nor written: nobody tried to be somebody."""
    assert setting.refusal(None, Permission.READ).code is Code.UNAUTHORIZED
    assert setting.refusals() == []


def test_wrong_expired_and_removed_are_told_alike(setting: Setting) -> None:
    """One sentence for all three."""
    admin = setting.tokens[Role.ADMIN]
    wrong = setting.refusal("tenure_" + "A" * 43, Permission.READ)
    remove_token(setting.simulated.authority, "admin")
    removed = setting.refusal(admin, Permission.READ)
    setting.simulated.now += DAY
    expired = setting.refusal(setting.tokens[Role.READER], Permission.READ)
    assert {error.code for error in (wrong, removed, expired)} == {Code.UNAUTHORIZED}
    assert wrong.detail == removed.detail == expired.detail


def test_failures_are_audited_folded_and_without_the_token(setting: Setting) -> None:
    """The first says from where."""
    for _ in range(5):
        setting.refusal("tenure_guess", Permission.READ)
    (event,) = setting.refusals()
    assert (event.action, event.actor) == ("refused token", Actor("nobody", HERE))
    assert "guess" not in repr(event)


def test_a_guesser_is_slowed_down_and_locks_nobody_out(setting: Setting) -> None:
    """After ten at once, one a second; the right token passes from the same address meanwhile."""
    codes = [setting.refusal("x", Permission.READ).code for _ in range(FAILURES_OF_ONE.burst + 1)]
    assert codes == [Code.UNAUTHORIZED] * FAILURES_OF_ONE.burst + [Code.RATE_LIMITED]
    limited = setting.refusal("x", Permission.READ)
    assert limited.retry_after == 1
    setting.access.admit(setting.tokens[Role.READER], Permission.READ, HERE)
    assert setting.refusal("x", Permission.READ, "192.0.2.8").code is Code.UNAUTHORIZED
    setting.simulated.now += 1
    assert setting.refusal("x", Permission.READ).code is Code.UNAUTHORIZED


def test_guessers_from_everywhere_cost_a_bounded_number_of_transactions(setting: Setting) -> None:
    """Each from an address of its own: all of them together have a pace, too."""
    codes = [
        setting.refusal("x", Permission.READ, f"192.0.2.{number}").code
        for number in range(FAILURES_OF_ALL.burst + 20)
    ]
    assert codes.count(Code.UNAUTHORIZED) == FAILURES_OF_ALL.burst
    assert len(setting.refusals()) == 2
