"""The cases: what the host does, and what the client must make of it. One table; its names are stable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tenure.conformance.answers import granted, half, late, raw, refused, unavailable, waiting
from tenure.conformance.site import Site
from tenure.core.errors import Code
from tenure.core.policy import DAY
from tenure.wire.base64url import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.conformance.answers import Answer
    from tenure.core.lease import Lease
    from tenure.wire.keys import SigningKey

HOUR: Final = 3_600
ELSEWHERE: Final = UUID("77777777-7777-4777-8777-777777777777")
"""Some other machine, product, host or request."""


class Outcome(StrEnum):
    """How a client's attempt ended; the exit codes of `tenure client activate` say the same."""

    GRANTED = "granted"
    """Exit 0: a lease was verified and is kept."""
    REFUSED = "refused"
    """Exit 3: a rule says no, or not yet (202)."""
    UNAVAILABLE = "unavailable"
    """Exit 4: no host gave a whole answer that makes sense."""
    UNTRUSTED = "untrusted"
    """Exit 5: what came does not verify."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of the client: it asks once, and keeps what it keeps."""

    answer: Answer
    outcome: Outcome
    licensed: bool
    """Whether the client's license status is `licensed` afterwards."""
    arrange: Callable[[Site], None] = lambda _site: None
    """What happened at publisher and host since the step before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Steps with one client, whose state is empty at first."""

    name: str
    why: str
    """The rule, in a sentence."""
    steps: tuple[Step, ...]


GOOD: Final = Step(answer=granted(), outcome=Outcome.GRANTED, licensed=True)


def _rejected(name: str, why: str, answer: Answer, outcome: Outcome = Outcome.UNTRUSTED) -> Case:
    """A client that has nothing gets nothing; one that holds a lease keeps it."""
    first = Step(answer=answer, outcome=outcome, licensed=False)
    return Case(name=name, why=why, steps=(first, GOOD, replace(first, licensed=True)))


def _lease(name: str, why: str, change: Callable[[Lease], Lease]) -> Case:
    return _rejected(name, why, granted(lease=change))


def _stranger(site: Site) -> SigningKey:
    return site.keys.stranger


def _set_epoch(epoch: int) -> Callable[[Site], None]:
    def arrange(site: Site) -> None:
        site.epoch = epoch

    return arrange


def _with_header(header: bytes) -> Callable[[str, Site], str]:
    def change(token: str, site: Site) -> str:
        _, payload, _ = token.split(".")
        signing_input = f"{encode(header)}.{payload}"
        return f"{signing_input}.{encode(site.keys.host.sign(signing_input.encode()))}"

    return change


def _unsigned(token: str, site: Site) -> str:
    payload = token.split(".")[1]
    return f"{encode(_header(site, alg='none'))}.{payload}."


def _named_twice(token: str, site: Site) -> str:
    header, payload, _ = token.split(".")
    twice = decode(payload).replace(b'{"ver":1,', b'{"ver":1,"ver":1,', 1)
    signing_input = f"{header}.{encode(twice)}"
    return f"{signing_input}.{encode(site.keys.host.sign(signing_input.encode()))}"


def _header(site: Site, *, alg: str = "EdDSA", typ: str = "tenure-lease+jwt") -> bytes:
    return f'{{"alg":"{alg}","typ":"{typ}","kid":"{site.keys.host.kid}"}}'.encode()


def _typed(typ: str) -> Callable[[str, Site], str]:
    return lambda token, site: _with_header(_header(site, typ=typ))(token, site)


def _altered(token: str, _site: Site) -> str:
    """One claim is another, under the signature that there was."""
    header, payload, signature = token.split(".")
    changed = decode(payload).replace(b'"threshold":25', b'"threshold":26', 1)
    return f"{header}.{encode(changed)}.{signature}"


def _replayed() -> Case:
    """The second run is answered with the lease of the first."""
    given: list[str] = []

    def remember(token: str, _site: Site) -> str:
        given[:] = given or [token]
        return given[0]

    replay = granted(token=remember)
    return Case(
        name="replayed-lease",
        why="A lease answers one request: sent again for another one, it is refused.",
        steps=(
            Step(
                answer=replay,
                outcome=Outcome.GRANTED,
                licensed=True,
                arrange=lambda _site: given.clear(),
            ),
            Step(answer=replay, outcome=Outcome.UNTRUSTED, licensed=True),
        ),
    )


CASES: Final[tuple[Case, ...]] = (
    Case(
        name="granted",
        why="A good lease licenses, and is renewed by the next one.",
        steps=(GOOD, GOOD),
    ),
    Case(
        name="waiting-then-granted",
        why="A 202 is a refusal for now: the machine is counted, and asks again.",
        steps=(Step(answer=waiting, outcome=Outcome.REFUSED, licensed=False), GOOD),
    ),
    Case(
        name="waiting-keeps-the-lease",
        why="A 202 never ends or shortens a lease.",
        steps=(GOOD, Step(answer=waiting, outcome=Outcome.REFUSED, licensed=True)),
    ),
    Case(
        name="late",
        why="A host may take seconds: a client waits for at least ten.",
        steps=(Step(answer=late(granted(), 3.0), outcome=Outcome.GRANTED, licensed=True),),
    ),
    Case(
        name="recovery",
        why="One good answer cures whatever came before it.",
        steps=(
            Step(answer=unavailable(Code.OVERLOADED), outcome=Outcome.UNAVAILABLE, licensed=False),
            Step(answer=raw(200, b"{", "application/json"), outcome=Outcome.UNAVAILABLE, licensed=False),
            GOOD,
        ),
    ),
    # No answer, or none that makes sense
    _rejected(
        "half-an-answer", "An answer that breaks off is no answer.", half(granted()), Outcome.UNAVAILABLE
    ),
    _rejected(
        "overloaded", "A 503 says: come back later.", unavailable(Code.OVERLOADED), Outcome.UNAVAILABLE
    ),
    _rejected(
        "host-not-activated",
        "A host without a certificate is no host: another one may be.",
        unavailable(Code.HOST_NOT_ACTIVATED),
        Outcome.UNAVAILABLE,
    ),
    _rejected(
        "product-not-served",
        "A rule of the host says no; asking again unchanged does not help.",
        refused(Code.PRODUCT_NOT_SERVED),
        Outcome.REFUSED,
    ),
    _rejected(
        "clock-skew-said",
        "The host finds the client's clock wrong.",
        refused(Code.CLOCK_SKEW),
        Outcome.REFUSED,
    ),
    _rejected(
        "a-web-page",
        "A proxy's page with status 200 is no lease.",
        raw(200, b"<!doctype html><title>Log in</title>", "text/html"),
        Outcome.UNAVAILABLE,
    ),
    _rejected(
        "no-json",
        "A body that is no JSON object of the protocol is no answer.",
        raw(200, b'["lease"]', "application/json"),
        Outcome.UNAVAILABLE,
    ),
    _rejected(
        "deep-json",
        "Nesting without end harms nobody.",
        raw(200, b"[" * 100_000, "application/json"),
        Outcome.UNAVAILABLE,
    ),
    _rejected(
        "endless",
        "An answer that is far too long is no answer.",
        raw(200, b'{"lease": "' + b"x" * 12_000_000 + b'"}', "application/json"),
        Outcome.UNAVAILABLE,
    ),
    # A lease that says something wrong
    _lease(
        "wrong-nonce", "The lease names this request.", lambda lease: replace(lease, nonce=str(ELSEWHERE))
    ),
    _lease(
        "wrong-machine", "The lease names this machine.", lambda lease: replace(lease, machine_id=ELSEWHERE)
    ),
    _lease(
        "wrong-product", "The lease names this product.", lambda lease: replace(lease, product_id=ELSEWHERE)
    ),
    _lease(
        "wrong-fingerprint",
        "The lease names this installation.",
        lambda lease: replace(lease, fingerprint="another-installation"),
    ),
    _lease("wrong-pool", "The lease's pool is the product's.", lambda lease: replace(lease, pool="servers")),
    _lease(
        "wrong-host",
        "The lease is of the certificate's host.",
        lambda lease: replace(lease, host_id=ELSEWHERE),
    ),
    _lease(
        "too-long",
        "A lease is as long as the policy says.",
        lambda lease: replace(lease, exp=lease.exp + DAY),
    ),
    _lease(
        "too-short", "A lease is as long as the policy says.", lambda lease: replace(lease, exp=lease.exp - 1)
    ),
    _lease(
        "count-below-threshold",
        "Below the threshold there is no lease, whatever the host signs.",
        lambda lease: replace(lease, count=lease.threshold - 1),
    ),
    _lease(
        "clock-ahead",
        "A lease is signed within 4 hours of the client's clock.",
        lambda lease: replace(lease, iat=lease.iat + 5 * HOUR, exp=lease.exp + 5 * HOUR),
    ),
    _lease(
        "clock-behind",
        "A lease is signed within 4 hours of the client's clock.",
        lambda lease: replace(lease, iat=lease.iat - 5 * HOUR, exp=lease.exp - 5 * HOUR),
    ),
    # A lease or certificate that is signed wrong
    _rejected(
        "lease-by-a-stranger",
        "A lease is signed by the key in its host's certificate.",
        granted(lease_key=_stranger),
    ),
    _rejected("altered-lease", "What was signed cannot be changed.", granted(token=_altered)),
    _rejected("unsigned-lease", "The algorithm `none` signs nothing.", granted(token=_unsigned)),
    _rejected(
        "lease-of-another-type",
        "A document of another type is no lease, whoever signed it.",
        granted(token=_typed("tenure-grant+jwt")),
    ),
    _rejected("named-twice", "A document that names a member twice is refused.", granted(token=_named_twice)),
    _rejected(
        "certificate-by-a-stranger",
        "A certificate is signed by a key that the catalog names.",
        granted(certificate_key=_stranger),
    ),
    _rejected(
        "certificate-expired",
        "A certificate that is over grants nothing.",
        granted(certificate=lambda c: replace(c, iat=c.iat - 900 * DAY, exp=c.exp - 900 * DAY)),
    ),
    _rejected(
        "certificate-of-another-publisher",
        "The certificate's publisher is the product's.",
        granted(certificate=lambda c: replace(c, publisher_id=ELSEWHERE)),
    ),
    _rejected(
        "certificate-for-other-pools",
        "A host grants for the pools of its certificate alone.",
        granted(certificate=lambda c: replace(c, pools={"servers": next(iter(c.pools.values()))})),
    ),
    # What changes over time
    _replayed(),
    Case(
        name="lower-epoch",
        why="An old copy of a restored host is refused by whoever met the new one; a higher epoch is followed.",
        steps=(
            replace(GOOD, arrange=_set_epoch(2_000)),
            Step(answer=granted(), outcome=Outcome.UNTRUSTED, licensed=True, arrange=_set_epoch(1_999)),
            replace(GOOD, arrange=_set_epoch(2_001)),
        ),
    ),
    Case(
        name="rotated-signing-key",
        why="A client follows the catalogs that its host hands on before it judges the lease.",
        steps=(GOOD, replace(GOOD, arrange=Site.rotate_signing_key), GOOD),
    ),
    Case(
        name="rotated-root",
        why="A client that was off meanwhile follows from root to root in one contact.",
        steps=(replace(GOOD, arrange=Site.rotate_root), GOOD),
    ),
    Case(
        name="forged-catalog",
        why="A catalog that no pinned root signed is not followed, nor is what it would make good.",
        steps=(
            Step(answer=granted(), outcome=Outcome.UNTRUSTED, licensed=False, arrange=Site.forge_catalog),
        ),
    ),
    Case(
        name="revoked-host",
        why="A client fetches the list of what was revoked before it judges the lease, and takes none of a revoked host.",
        steps=(
            Step(answer=granted(), outcome=Outcome.UNTRUSTED, licensed=False, arrange=Site.revoke_host),
            Step(answer=granted(), outcome=Outcome.UNTRUSTED, licensed=False),
        ),
    ),
    Case(
        name="revoked-since-before",
        why="A lease that a host granted after it was revoked is void where it is kept.",
        steps=(
            GOOD,
            Step(answer=granted(), outcome=Outcome.UNTRUSTED, licensed=False, arrange=Site.revoke_host),
        ),
    ),
    Case(
        name="forged-revocation",
        why="A list that no key of the publisher signed revokes nothing.",
        steps=(GOOD, replace(GOOD, arrange=Site.forge_revocation)),
    ),
)
