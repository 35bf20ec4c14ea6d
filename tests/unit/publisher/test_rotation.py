"""Rotation of a publisher's keys, as scenarios: what publisher, host and machine do, step by step, and what holds then."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from simulators.authority import HOST_ID, SimulatedAuthority, host_request
from simulators.publisher import seeded
from tenure.core.errors import Code, Untrusted, UsageError
from tenure.core.lease import Lease, Pending
from tenure.core.policy import DAY
from tenure.publisher.activation import activate_host
from tenure.publisher.keys import issue_host_key
from tenure.publisher.rotation import OVERLAP, replace_lost_signing_key, rotate_root, rotate_signing_key
from tenure.wire.certificate import certificate_of, sign_certificate
from tenure.wire.jws import Typ, read
from tenure.wire.lease import LeaseMint
from tenure.wire.trust import accept_lease, first_catalogs, later_catalogs, stored_lease

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MACHINE_ID = UUID(int=4)


@dataclass
class Story:
    """A publisher, a host and a machine that trusts the catalog of the beginning."""

    simulated: SimulatedAuthority = field(default_factory=SimulatedAuthority)

    def __post_init__(self) -> None:
        """The host was activated and the machine holds a lease."""
        authority = self.simulated.authority
        self.key, _ = issue_host_key(authority, pools=(), customer="", agreement="", trial=False)
        self.trusted = authority.catalogs()
        self.product = self.simulated.products[0]
        self.certificate = ""
        self.held = ("", "")
        self.thief = self.simulated.keys.signing_key()
        self.host_renews()
        self.machine_renews()

    def host_renews(self) -> None:
        """The host gets a certificate by the signing key of this moment."""
        request = host_request(
            self.key.text,
            audience=self.simulated.publisher_id,
            request_id=str(uuid4()),
            now=self.simulated.now,
        )
        self.certificate = activate_host(self.simulated.authority, request).certificate

    def machine_hears(self) -> None:
        """The machine follows the catalogs as the host hands them on: all that are newer than its own."""
        self.trusted = later_catalogs(self.trusted, self.simulated.authority.catalogs().tokens)

    def machine_renews(self) -> None:
        """The machine takes a lease, or refuses it."""
        self.held = (self._leased(self.certificate), self.certificate)

    def machine_holds(self) -> None:
        """What the machine keeps proves its license, by the catalogs that it trusts."""
        stored_lease(*self.held, self.trusted.newest, revocations=None, product_id=self.product.product_id)

    def thief_offers(self) -> None:
        """Whoever stole the signing key of the beginning certifies a host of his own and grants a lease."""
        self._leased(self._forged(self.simulated.now))

    def thief_writes(self) -> None:
        """The same, put into the machine's folder, dated as it was made."""
        forged = self._forged(self.simulated.now)
        lease = LeaseMint(seeded(3)).mint(self._lease(uuid4()))
        stored_lease(lease, forged, self.trusted.newest, revocations=None, product_id=self.product.product_id)

    def rotate(self) -> None:
        """A planned change of the signing key, with an overlap of ten days."""
        rotate_signing_key(self.simulated.authority, overlap=10 * DAY)

    def lose(self) -> None:
        """The signing key was lost this moment."""
        replace_lost_signing_key(self.simulated.authority)

    def lose_since_two_days(self) -> None:
        """The signing key was lost, and somebody may have had it for two days."""
        replace_lost_signing_key(self.simulated.authority, since=self.simulated.now - 2 * DAY)

    def new_root(self) -> None:
        """The root is another one."""
        rotate_root(self.simulated.authority)

    def a_day(self) -> None:
        """A day passes."""
        self.simulated.now += DAY

    def eleven_days(self) -> None:
        """Eleven days pass."""
        self.simulated.now += 11 * DAY

    def _forged(self, iat: int) -> str:
        genuine = certificate_of(read(self.certificate, Typ.HOST).claims)
        return sign_certificate(replace(genuine, iat=iat), self.thief)

    def _lease(self, request_id: UUID) -> Lease:
        now = self.simulated.now
        return Lease(
            lease_id=str(uuid4()),
            host_id=HOST_ID,
            machine_id=MACHINE_ID,
            product_id=self.product.product_id,
            pool=self.product.pool,
            nonce=str(request_id),
            fingerprint="machine-fingerprint",
            count=25,
            threshold=25,
            iat=now,
            exp=now + 180 * DAY,
            renew_after=now + 7 * DAY,
            epoch=1,
        )

    def _leased(self, certificate: str) -> str:
        pending = Pending(
            machine_id=MACHINE_ID,
            product_id=self.product.product_id,
            request_id=uuid4(),
            fingerprint="machine-fingerprint",
        )
        lease = LeaseMint(seeded(3)).mint(self._lease(pending.request_id))
        catalog, now = self.trusted.newest, self.simulated.now
        accept_lease(lease, certificate, catalog, pending, revocations=None, now=now, highest_epoch=None)
        return lease


SCENARIOS: Mapping[str, str] = {
    "nothing happens": "machine_holds, machine_renews",
    # A planned change
    "during the overlap the old certificate is good": "rotate, machine_hears, machine_renews, machine_holds",
    "a host that renews during the overlap leaves no gap": (
        "rotate, host_renews, machine_hears, machine_renews, eleven_days, machine_renews, machine_holds"
    ),
    "after the overlap the old certificate is not": "rotate, machine_hears, eleven_days, machine_renews!",
    "a lease outlives the key of its certificate": "rotate, machine_hears, eleven_days, machine_holds",
    "a machine that was off refuses the new key until it hears of it": (
        "rotate, host_renews, machine_renews!, machine_hears, machine_renews"
    ),
    "twice in a row": "rotate, rotate, host_renews, machine_hears, machine_renews, machine_holds",
    # A loss
    "a lost key's certificates are refused at once": "a_day, lose, machine_hears, machine_renews!",
    "a lease outlives the loss": "a_day, lose, machine_hears, machine_holds",
    "a host that is certified anew grants again": "a_day, lose, host_renews, machine_hears, machine_renews, machine_holds",
    "a thief is refused by whoever heard": "a_day, lose, machine_hears, thief_offers!, thief_writes!",
    "a thief is believed by whoever did not hear": "a_day, lose, thief_offers",
    "what was signed since the loss is void": (
        "a_day, host_renews, machine_renews, a_day, lose_since_two_days, machine_hears, machine_holds!"
    ),
    "what was signed before the loss is not": (
        "a_day, a_day, a_day, lose_since_two_days, machine_hears, machine_holds"
    ),
    # The root
    "a machine follows to a new root": "new_root, machine_hears, machine_renews, machine_holds",
    "and on from there": "new_root, a_day, rotate, host_renews, machine_hears, machine_renews, machine_holds",
    "from root to root to root": "new_root, a_day, new_root, a_day, new_root, machine_hears, machine_renews",
    "a machine that was off for all of it catches up in one list": (
        "new_root, a_day, rotate, eleven_days, new_root, lose, host_renews, machine_renews!, machine_hears, machine_renews"
    ),
}
"""Steps in their order; one that the machine must refuse ends with an exclamation mark."""


@pytest.mark.parametrize("steps", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_what_holds_after_these_steps(steps: str) -> None:
    """Every step does what the scenario says, refusals included; they are refusals of trust."""
    story = Story()
    for step in steps.split(", "):
        act: Callable[[], None] = getattr(story, step.removesuffix("!"))
        if step.endswith("!"):
            with pytest.raises(Untrusted) as caught:
                act()
            assert caught.value.code is Code.CHAIN_BROKEN
        else:
            act()


def test_a_product_that_pins_the_new_root_needs_nothing_of_the_old_one() -> None:
    """The newest catalog is signed by it at once; a product that pins the old one follows the whole list."""
    simulated = SimulatedAuthority()
    old = simulated.keys.root().kid
    new = rotate_root(simulated.authority).kid
    tokens = simulated.authority.catalogs().tokens
    assert first_catalogs(tokens, root_kid=new).newest == first_catalogs(tokens, root_kid=old).newest
    assert simulated.keys.root().kid == new


@pytest.mark.parametrize("rotate", [rotate_signing_key, replace_lost_signing_key, rotate_root])
def test_a_rotation_that_was_cut_short_goes_on_with_the_same_key(rotate: Callable[..., object]) -> None:
    """The process died after the catalog was signed and before the new key took its place: asking again finishes it."""
    simulated = SimulatedAuthority()
    before = (simulated.keys.root_seed, simulated.keys.signing_seed)
    rotate(simulated.authority)
    seq = simulated.authority.catalogs().newest.seq
    after = (simulated.keys.root_seed, simulated.keys.signing_seed)
    simulated.keys.root_seed, simulated.keys.signing_seed = before
    rotate(simulated.authority)
    assert (simulated.keys.root_seed, simulated.keys.signing_seed) == after
    newest = simulated.authority.catalogs().newest
    assert newest.seq - seq == (1 if rotate is rotate_root else 0)
    assert len({entry.kid for entry in (*newest.roots, *newest.keys)}) == 3


@pytest.mark.parametrize("overlap", [OVERLAP[0] - 1, OVERLAP[1] + 1], ids=["too short", "too long"])
def test_an_overlap_has_bounds(overlap: int) -> None:
    """Nothing is signed for one outside of them."""
    simulated = SimulatedAuthority()
    before = simulated.authority.catalogs()
    with pytest.raises(UsageError) as caught:
        rotate_signing_key(simulated.authority, overlap=overlap)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert simulated.authority.catalogs() == before


def test_a_loss_lies_not_ahead() -> None:
    """A time in the future is a planned rotation, or a mistake."""
    simulated = SimulatedAuthority()
    with pytest.raises(UsageError) as caught:
        replace_lost_signing_key(simulated.authority, since=simulated.now + 1)
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_a_key_is_closed_once() -> None:
    """A later rotation does not open again, not even for its overlap, what was closed before."""
    simulated = SimulatedAuthority()
    lost = simulated.keys.signing_key().kid
    closed = replace_lost_signing_key(simulated.authority).closes[lost]
    assert rotate_signing_key(simulated.authority).closes[lost] == closed
