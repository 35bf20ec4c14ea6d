"""The vectors in docs/vectors/ hold against an independent reading of docs/protocol.md, with PyJWT alone.

Nothing of `tenure` is imported here: this is what a stranger writes in an hour.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from jwt.algorithms import OKPAlgorithm

VECTORS = Path(__file__).parents[2] / "docs" / "vectors"


def load(name: str) -> dict[str, Any]:
    """One file of vectors."""
    value: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return value


ACTIVATION = load("activation.json")
REFUSED = load("refused.json")["answers"]


class RefusedError(Exception):
    """A step of the protocol's list failed."""

    def __init__(self, step: int) -> None:
        """`step` is its number."""
        super().__init__(step)
        self.step = step


def claims(token: str, typ: str, jwk: dict[str, str], kid: str) -> dict[str, Any]:
    """The payload of a document by this key."""
    header = jwt.get_unverified_header(token)
    if header != {"alg": "EdDSA", "typ": typ, "kid": kid}:
        raise jwt.InvalidTokenError("header")
    key = OKPAlgorithm.from_jwk(jwk)
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    payload: dict[str, Any] = jwt.decode(token, key, algorithms=["EdDSA"], options=options)  # type: ignore[arg-type] # a public key it is
    return payload


def canonical(token: str) -> bool:
    """Whether the signature's last character is the one that an encoder writes: 64 bytes leave 4 unused bits."""
    return token[-1] in "AQgw"


def catalog() -> dict[str, Any]:
    """Step 1: the catalog, by the root that the product pins."""
    root = load("keys.json")["root"]
    (token,) = load("catalog.json")["catalogs"]
    return claims(token, "tenure-catalog+jwt", {k: root[k] for k in ("kty", "crv", "x")}, root["kid"])


def accept(answer: dict[str, Any]) -> dict[str, Any]:  # noqa: C901 - the protocol has one list, and so has this
    """The lease, after steps 2 to 9."""
    now, request, known = ACTIVATION["now"], ACTIVATION["request"], catalog()
    host_token, lease_token = answer["certificate"], answer["lease"]
    try:  # 2
        kid = jwt.get_unverified_header(host_token)["kid"]
        entry = next(e for e in known["keys"] if e["jwk"] == signing_jwk(kid))
        host = claims(host_token, "tenure-host+jwt", entry["jwk"], kid)
    except (jwt.InvalidTokenError, StopIteration) as error:
        raise RefusedError(2) from error
    if "tenure-host+jwt" not in entry["may"] or entry["from"] > now or entry["until"] is not None:
        raise RefusedError(2)
    if host["iss"] != known["iss"] or not canonical(host_token):
        raise RefusedError(2)
    if not host["iat"] <= now < host["exp"]:  # 3
        raise RefusedError(3)
    try:  # 4
        lease = claims(lease_token, "tenure-lease+jwt", host["cnf"]["jwk"], load("keys.json")["host"]["kid"])
    except jwt.InvalidTokenError as error:
        raise RefusedError(4) from error
    if lease["iss"] != host["sub"] or not canonical(lease_token):
        raise RefusedError(4)
    product = next(p for p in known["products"] if p["product_id"] == request["product_id"])
    if lease["pool"] != product["pool"] or lease["pool"] not in host["pools"]:  # 5
        raise RefusedError(5)
    asked = [request[name] for name in ("request_id", "machine_id", "product_id", "fingerprint")]
    if [lease[name] for name in ("nonce", "sub", "aud", "fpr")] != asked:  # 6
        raise RefusedError(6)
    policy = host["pools"][lease["pool"]]
    if abs(lease["iat"] - now) > 14_400 or lease["exp"] - lease["iat"] != policy["lease_days"] * 86_400:  # 7
        raise RefusedError(7)
    if lease["count"] < policy["threshold"]:  # 8
        raise RefusedError(8)
    if lease["epoch"] < ACTIVATION["highest_epoch_seen"]:  # 9
        raise RefusedError(9)
    return lease


def signing_jwk(kid: str) -> dict[str, str] | None:
    """The JWK of the signing key, when `kid` is its thumbprint."""
    key = load("keys.json")["signing"]
    return {name: key[name] for name in ("kty", "crv", "x")} if key["kid"] == kid else None


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
