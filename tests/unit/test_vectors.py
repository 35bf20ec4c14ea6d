"""The vectors in docs/vectors/ hold against an independent reading of docs/protocol.md.

`examples/independent_client.py` imports nothing of Tenure, and neither does this file: both are what a stranger writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from independent_client import (
    RefusedError,
    accept_lease,
    is_revoked,
    newer_revocations,
    newest_catalog,
    thumbprint,
    verified,
)

VECTORS = Path(__file__).parents[2] / "docs" / "vectors"


def load(name: str) -> dict[str, Any]:
    """One file of vectors."""
    value: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return value


ACTIVATION = load("activation.json")
REFUSED = load("refused.json")["answers"]
MACHINE = load("machine-activation.json")
REVOCATIONS = load("revocations.json")


def catalog() -> dict[str, Any]:
    """The vectors' catalog, verified from their root."""
    return newest_catalog(load("catalog.json")["catalogs"], load("keys.json")["root"])


def payload(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def accept(answer: dict[str, Any]) -> dict[str, Any]:
    """The lease in an answer to the vectors' request, at the vectors' time."""
    return accept_lease(
        answer,
        ACTIVATION["request"],
        catalog(),
        now=ACTIVATION["now"],
        highest_epoch=ACTIVATION["highest_epoch_seen"],
    )


def test_key_ids_are_thumbprints() -> None:
    """RFC 7638, as the standard library computes it."""
    for name in ("root", "signing", "host"):
        key = load("keys.json")[name]
        assert thumbprint(key) == key["kid"]
    derived = load("product-key.json")
    assert thumbprint(derived["derived_public_key"]) == derived["key_id"]


def test_the_good_answer_is_accepted() -> None:
    """Every step passes, and the lease lasts 180 days."""
    lease = accept(ACTIVATION["answer"])
    assert lease["exp"] - lease["iat"] == 180 * 86_400


@pytest.mark.parametrize("answer", REFUSED, ids=[answer["what"] for answer in REFUSED])
def test_a_bad_answer_fails_at_its_step(answer: dict[str, Any]) -> None:
    """Each is wrong in one thing, and a reader of the protocol finds which."""
    with pytest.raises(RefusedError) as caught:
        accept(answer)
    assert caught.value.step == answer["step"]


def test_a_catalog_by_another_root_is_refused() -> None:
    """Step 1: the root is the one that the product pins."""
    with pytest.raises(RefusedError) as caught:
        newest_catalog(load("catalog.json")["catalogs"], load("keys.json")["signing"])
    assert caught.value.step == 1


def accept_grant(token: str) -> dict[str, Any]:
    """The grant, after steps 2 to 4 of its list in docs/protocol.md, at the vectors' time."""
    catalog = newest_catalog(load("catalog.json")["catalogs"], load("keys.json")["root"])
    header = jwt.get_unverified_header(MACHINE["request"])
    unchecked = jwt.decode(MACHINE["request"], options={"verify_signature": False})
    assert thumbprint(unchecked["cnf"]["jwk"]) == header["kid"]
    request = verified(MACHINE["request"], "tenure-request+jwt", unchecked["cnf"]["jwk"])
    try:
        kid = jwt.get_unverified_header(token)["kid"]
        entry = next(entry for entry in catalog["keys"] if thumbprint(entry["jwk"]) == kid)
        grant = verified(token, "tenure-grant+jwt", entry["jwk"])
    except (jwt.InvalidTokenError, StopIteration) as error:
        raise RefusedError(2, f"the grant: {error}") from error
    products = {product["product_id"] for product in catalog["products"]}
    if grant["iss"] != catalog["iss"] or request["aud"] not in products:
        raise RefusedError(2, "another publisher")
    if grant["nonce"] != request["jti"] or any(
        grant[claim] != request[claim] for claim in ("sub", "aud", "fpr", "key_id")
    ):
        raise RefusedError(3, "it answers another request")
    if not request["iat"] - 14_400 <= grant["iat"] <= MACHINE["now"] + 14_400:
        raise RefusedError(4, "signed before it was asked for, or in the future")
    return grant


def test_the_good_grant_is_accepted() -> None:
    """Every step passes, and it says nothing of an end."""
    assert "exp" not in accept_grant(MACHINE["answer"]["grant"])


@pytest.mark.parametrize("bad", MACHINE["refused"], ids=[bad["what"] for bad in MACHINE["refused"]])
def test_a_bad_grant_fails_at_its_step(bad: dict[str, Any]) -> None:
    """Each is wrong in one thing."""
    with pytest.raises(RefusedError) as caught:
        accept_grant(bad["grant"])
    assert caught.value.step == bad["step"]


def test_a_host_s_revocation_keeps_its_lease_from_being_taken() -> None:
    """Step 10, with the list of the vectors; the good answer's host is not in it."""
    revoked = newer_revocations(REVOCATIONS["revocations"], catalog(), now=REVOCATIONS["now"], known_seq=1)
    asked = {"request": ACTIVATION["request"], "catalog": catalog(), "now": REVOCATIONS["now"]}
    assert accept_lease(ACTIVATION["answer"], **asked, revoked=revoked)
    for case in REVOCATIONS["leases"]:
        if case["void"]:
            with pytest.raises(RefusedError) as caught:
                accept_lease(case, **asked, revoked=revoked)
            assert caught.value.step == 10


@pytest.mark.parametrize("case", REVOCATIONS["leases"], ids=[case["what"] for case in REVOCATIONS["leases"]])
def test_a_list_voids_what_was_granted_from_then_on(case: dict[str, Any]) -> None:
    """At rest the lease's own `iat` decides."""
    revoked = newer_revocations(REVOCATIONS["revocations"], catalog(), now=REVOCATIONS["now"])
    at = payload(case["lease"])["iat"]
    assert is_revoked(payload(case["certificate"]), revoked, at=at) is case["void"]


@pytest.mark.parametrize(
    "case", REVOCATIONS["refused"], ids=[case["what"] for case in REVOCATIONS["refused"]]
)
def test_a_list_that_is_not_the_next_one_is_refused(case: dict[str, Any]) -> None:
    """Whoever knows seq 1 takes seq 2 of the publisher, and nothing else."""
    with pytest.raises(RefusedError) as caught:
        newer_revocations(case["revocations"], catalog(), now=REVOCATIONS["now"], known_seq=1)
    assert caught.value.step == 10
