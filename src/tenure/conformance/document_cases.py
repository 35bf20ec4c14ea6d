"""Cases of leases and certificates that say something wrong, or are signed wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tenure.conformance import forgeries
from tenure.conformance.answers import granted
from tenure.conformance.case import accepted, rejected
from tenure.conformance.site import POLICY
from tenure.core.policy import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.conformance.case import Case
    from tenure.conformance.site import Site
    from tenure.core.lease import Lease
    from tenure.wire.keys import SigningKey

HOUR: Final = 3_600
ELSEWHERE: Final = UUID("77777777-7777-4777-8777-777777777777")
"""Some other machine, product, host or request."""


def signed_at(hours: float) -> Callable[[Lease], Lease]:
    """The lease of a host whose clock is so many hours ahead of the client's."""

    def change(lease: Lease) -> Lease:
        seconds = int(hours * HOUR)
        return replace(
            lease,
            iat=lease.iat + seconds,
            exp=lease.exp + seconds,
            renew_after=lease.renew_after + seconds,
        )

    return change


def _lease(name: str, host: str, why: str, change: Callable[[Lease], Lease]) -> Case:
    return rejected(name, host, why, granted(lease=change))


def _text(name: str, host: str, why: str, change: Callable[[str, Site], str]) -> Case:
    return rejected(name, host, why, granted(token=change))


def _stranger(site: Site) -> SigningKey:
    return site.keys.stranger


WRONG_LEASES: Final = (
    _lease(
        "wrong-nonce",
        "grants a lease that answers another request",
        "The lease names this request.",
        lambda lease: replace(lease, nonce=str(ELSEWHERE)),
    ),
    _lease(
        "wrong-machine",
        "grants a lease to another machine",
        "The lease names this machine.",
        lambda lease: replace(lease, machine_id=ELSEWHERE),
    ),
    _lease(
        "wrong-product",
        "grants a lease for another product",
        "The lease names this product.",
        lambda lease: replace(lease, product_id=ELSEWHERE),
    ),
    _lease(
        "wrong-fingerprint",
        "grants a lease to another installation",
        "The lease names this installation.",
        lambda lease: replace(lease, fingerprint="another-installation"),
    ),
    rejected(
        "wrong-pool",
        "grants a lease in a pool that it may serve, but that is not the product's",
        "The lease's pool is the product's.",
        granted(
            lease=lambda lease: replace(lease, pool="servers"),
            certificate=lambda c: replace(c, pools={**c.pools, "servers": POLICY}),
        ),
    ),
    _lease(
        "wrong-host",
        "grants a lease in the name of another host",
        "The lease is of the certificate's host.",
        lambda lease: replace(lease, host_id=ELSEWHERE),
    ),
    _lease(
        "too-long",
        "grants a lease that is a day too long",
        "A lease is as long as the policy says.",
        lambda lease: replace(lease, exp=lease.exp + DAY),
    ),
    _lease(
        "too-short",
        "grants a lease that is a second too short",
        "A lease is as long as the policy says.",
        lambda lease: replace(lease, exp=lease.exp - 1),
    ),
    _lease(
        "count-below-threshold",
        "grants a lease at a count of 24 of 25",
        "Below the threshold there is no lease, whatever the host signs.",
        lambda lease: replace(lease, count=lease.threshold - 1),
    ),
    _lease(
        "threshold-of-one",
        "grants a lease at a count of 1, and says in it that the threshold is 1",
        "The threshold is the certificate's; what the lease says of it is for people.",
        lambda lease: replace(lease, count=1, threshold=1),
    ),
    _lease(
        "clock-ahead",
        "has a clock that is 5 hours ahead",
        "A lease is signed within 4 hours of the client's clock.",
        signed_at(5),
    ),
    _lease(
        "clock-behind",
        "has a clock that is 5 hours behind",
        "A lease is signed within 4 hours of the client's clock.",
        signed_at(-5),
    ),
    accepted(
        "clock-a-little-ahead",
        "has a clock that is three and a half hours ahead",
        "Clocks may differ by 4 hours.",
        granted(lease=signed_at(3.5)),
    ),
    accepted(
        "clock-a-little-behind",
        "has a clock that is three and a half hours behind",
        "Clocks may differ by 4 hours.",
        granted(lease=signed_at(-3.5)),
    ),
    accepted(
        "renewal-in-ten-years",
        "grants a lease that wants to be renewed ten years after",
        "When to renew is advice, which a client bends into bounds; the lease is good.",
        granted(lease=lambda lease: replace(lease, renew_after=lease.iat + 3_650 * DAY)),
    ),
    accepted(
        "newer-claims",
        "grants a lease with a claim that nobody knows yet",
        "Members that a client does not know are ignored: they are only ever added.",
        granted(token=forgeries.with_claims(since="tomorrow")),
    ),
    _text(
        "another-version",
        "grants a lease of version 2",
        "A client takes the version that it knows.",
        forgeries.with_claims(ver=2),
    ),
)

WRONG_SIGNATURES: Final = (
    rejected(
        "lease-by-a-stranger",
        "shows a lease that a stranger signed",
        "A lease is signed by the key in its host's certificate.",
        granted(lease_key=_stranger),
    ),
    _text(
        "altered-lease",
        "shows a lease in which a number was changed",
        "What was signed cannot be changed.",
        forgeries.altered,
    ),
    _text(
        "unsigned-lease",
        "shows a lease with the algorithm `none`",
        "The algorithm `none` signs nothing.",
        forgeries.unsigned,
    ),
    _text(
        "signed-with-the-public-key",
        "shows a lease under an HMAC whose key is the host's public one",
        "The algorithm is the client's choice, not the document's.",
        forgeries.signed_with_the_public_key,
    ),
    _text(
        "lease-of-another-type",
        "shows a lease that says it is a grant",
        "A document of another type is no lease, whoever signed it.",
        forgeries.of_another_type,
    ),
    _text(
        "more-in-the-header",
        "shows a lease whose header demands something that nobody knows",
        "A header has exactly alg, typ and kid.",
        forgeries.with_another_member_in_the_header,
    ),
    _text(
        "header-named-twice",
        "shows a lease whose header names alg twice",
        "A document that names a member twice is refused.",
        forgeries.header_named_twice,
    ),
    _text(
        "named-twice",
        "shows a lease that names a claim twice",
        "A document that names a member twice is refused.",
        forgeries.named_twice,
    ),
    _text(
        "lease-too-large",
        "shows a lease of more than 8 KiB",
        "A document has at most 8 KiB.",
        forgeries.larger_than_any_document,
    ),
    _text(
        "no-document",
        "shows something that is no document where the lease belongs",
        "What is no document is no lease.",
        lambda _token, _site: "not.a-document",
    ),
)

CERTIFICATES: Final = (
    rejected(
        "certificate-by-a-stranger",
        "shows a certificate that a stranger signed",
        "A certificate is signed by a key that the catalog names.",
        granted(certificate_key=_stranger),
    ),
    rejected(
        "certificate-expired",
        "shows a certificate that is over",
        "A certificate that is over grants nothing.",
        granted(certificate=lambda c: replace(c, iat=c.iat - 900 * DAY, exp=c.exp - 900 * DAY)),
    ),
    rejected(
        "certificate-of-another-publisher",
        "shows another publisher's certificate",
        "The certificate's publisher is the product's.",
        granted(certificate=lambda c: replace(c, publisher_id=ELSEWHERE)),
    ),
    rejected(
        "certificate-for-other-pools",
        "shows a certificate for other pools",
        "A host grants for the pools of its certificate alone.",
        granted(certificate=lambda c: replace(c, pools={"servers": POLICY})),
    ),
)

DOCUMENT_CASES: Final = (*WRONG_LEASES, *WRONG_SIGNATURES, *CERTIFICATES)
