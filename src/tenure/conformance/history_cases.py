"""Cases in which something happens between two contacts: replays, restores, rotations, renewals and revocations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tenure.conformance import history
from tenure.conformance.answers import granted
from tenure.conformance.case import GOOD, Case, Outcome, Step
from tenure.conformance.document_cases import signed_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.conformance.site import Site


def _refused(arrange: Callable[[Site], None], *, licensed: bool) -> Step:
    """A lease that would be good, were it not for what happened."""
    return Step(answer=granted(), outcome=Outcome.UNTRUSTED, licensed=licensed, arrange=arrange)


def _after(arrange: Callable[[Site], None]) -> Step:
    return replace(GOOD, arrange=arrange)


def _set_epoch(epoch: int) -> Callable[[Site], None]:
    def arrange(site: Site) -> None:
        site.epoch = epoch

    return arrange


def _replayed() -> Case:
    """The second run is answered with the lease of the first."""
    given: list[str] = []

    def remember(token: str, _site: Site) -> str:
        given[:] = given or [token]
        return given[0]

    replay = granted(token=remember)
    return Case(
        name="replayed-lease",
        host="answers a request with the lease that answered the one before",
        why="A lease answers one request: sent again for another one, it is refused.",
        steps=(
            Step(
                answer=replay,
                outcome=Outcome.GRANTED,
                licensed=True,
                arrange=lambda _site: given.clear(),
            ),
            Step(answer=replay, outcome=Outcome.UNTRUSTED, licensed=True),
            GOOD,
        ),
    )


HOSTS: Final = (
    _replayed(),
    Case(
        name="lower-epoch",
        host="is an old copy of one that was restored; then it is restored anew",
        why="An old copy of a restored host is refused by whoever met the new one; a higher epoch is followed.",
        steps=(
            _after(_set_epoch(2_000)),
            _refused(_set_epoch(1_999), licensed=True),
            _after(_set_epoch(2_001)),
        ),
    ),
    Case(
        name="renewed-certificate",
        host="has renewed its certificate, with another key",
        why="A host is its id: its key and its certificate may be others tomorrow.",
        steps=(GOOD, _after(history.renew_certificate)),
    ),
    Case(
        name="replaced-host",
        host="is another one at the same address",
        why="Any host that the publisher certified will do.",
        steps=(GOOD, _after(history.replace_host), GOOD),
    ),
)

CATALOGS: Final = (
    Case(
        name="rotated-signing-key",
        host="is certified by a new signing key, and hands on the catalog that names it",
        why="A client follows the catalogs that its host hands on before it judges the lease.",
        steps=(GOOD, _after(history.rotate_signing_key), GOOD),
    ),
    Case(
        name="rotated-without-a-word",
        host="is certified by a new signing key before it has the catalog that names it",
        why="A key that no verified catalog names signs nothing yet.",
        steps=(
            GOOD,
            _refused(history.rotate_in_silence, licensed=True),
            _after(history.rotate_signing_key),
        ),
    ),
    Case(
        name="closed-signing-key",
        host="shows its certificate by a key that the newest catalog closes; then it renews it",
        why="What arrives is signed by a key that is open now; what is held stays.",
        steps=(
            GOOD,
            _refused(history.keep_the_closed_key, licensed=True),
            _after(history.rotate_in_silence),
        ),
    ),
    Case(
        name="older-catalog",
        host="hands on the first catalog as if it were new, and a certificate that only this one makes good",
        why="A catalog with a lower seq never takes the place of a newer one.",
        steps=(
            _after(history.rotate_signing_key),
            _refused(history.go_back_to_the_first_catalog, licensed=True),
            _after(history.rotate_in_silence),
        ),
    ),
    Case(
        name="rotated-root",
        host="hands on catalogs that lead from the root which the client knows to a new one",
        why="A client that was off meanwhile follows from root to root in one contact.",
        steps=(_after(history.rotate_root), GOOD),
    ),
    Case(
        name="rotated-root-with-a-gap",
        host="hands on the newest catalog alone, whose root no catalog before it names",
        why="A root that no catalog in hand names is a stranger's, until the chain is whole.",
        steps=(
            GOOD,
            _refused(history.rotate_root_with_a_gap, licensed=True),
            _after(history.close_the_gap),
        ),
    ),
    Case(
        name="forged-catalog",
        host="hands on a newer catalog by a stranger, who certified it, too",
        why="A catalog that no pinned root signed is not followed, nor is what it would make good.",
        steps=(
            _refused(history.forge_catalog, licensed=False),
            _after(history.withdraw_the_forgery),
        ),
    ),
    Case(
        name="news-withheld",
        host="says that it has a newer catalog and a newer list, and answers 503 to whoever asks for them",
        why="A lease is judged by what the client knows, if there is no more to be had.",
        steps=(_after(history.withhold), GOOD),
    ),
)

REVOCATIONS: Final = (
    Case(
        name="revoked-host",
        host="was revoked, and hands the list on; then another stands in its place",
        why="A client fetches the list of what was revoked before it judges the lease, and takes none of a revoked host.",
        steps=(
            _refused(history.revoke_host, licensed=False),
            Step(answer=granted(), outcome=Outcome.UNTRUSTED, licensed=False),
            _after(history.replace_host),
        ),
    ),
    Case(
        name="revoked-key",
        host="was activated with a host key that was revoked, and hands the list on",
        why="A revoked host key revokes every host that was activated with it.",
        steps=(
            _refused(history.revoke_key, licensed=False),
            _after(history.replace_host),
        ),
    ),
    Case(
        name="revoked-since-before",
        host="was revoked earlier than it granted the lease that the client holds",
        why="A lease that a host granted after it was revoked is void where it is kept.",
        steps=(
            GOOD,
            _refused(history.revoke_host, licensed=False),
            _after(history.replace_host),
        ),
    ),
    Case(
        name="revoked-later",
        host="was revoked later than it granted the lease that the client holds",
        why="A lease from before the revocation runs out: it is not void.",
        steps=(
            replace(GOOD, answer=granted(lease=signed_at(-3))),
            _refused(history.revoke_host, licensed=True),
            _after(history.replace_host),
        ),
    ),
    Case(
        name="older-revocations",
        host="was revoked, and hands on an older list, which does not say so, as if it were new",
        why="A list with a lower seq never takes the place of a newer one.",
        steps=(
            _refused(history.revoke_host, licensed=False),
            _refused(history.go_back_to_an_empty_list, licensed=False),
            _after(history.replace_host),
        ),
    ),
    Case(
        name="forged-revocation",
        host="hands on a list by a stranger, in which it is revoked",
        why="A list that no key of the publisher signed revokes nothing.",
        steps=(GOOD, _after(history.forge_revocation)),
    ),
)

HISTORY_CASES: Final = (*HOSTS, *CATALOGS, *REVOCATIONS)
