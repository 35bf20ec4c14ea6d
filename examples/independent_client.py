"""A client that shares no code with Tenure: the standard library's HTTP, PyJWT, and docs/protocol.md.

    python examples/independent_client.py QUICKSTART.JSON [MACHINES]

activates so many machines (25) against the host that `tenure up` runs, and verifies each lease down to the publisher's
root key. The step numbers are those of docs/protocol.md, "Verifying a lease when it arrives".
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
from jwt.algorithms import OKPAlgorithm

Json = dict[str, Any]


class RefusedError(Exception):
    """A step of the protocol's list failed."""

    def __init__(self, step: int, what: str) -> None:
        """`step` is its number in docs/protocol.md."""
        super().__init__(f"step {step}: {what}")
        self.step = step


def thumbprint(jwk: Json) -> str:
    """RFC 7638, SHA-256, base64url without padding."""
    canonical = json.dumps({name: jwk[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def verified(token: str, typ: str, jwk: Json) -> Json:
    """The payload of a document that this key signed: header exactly alg, typ, kid; base64url in its one form."""
    if jwt.get_unverified_header(token) != {"alg": "EdDSA", "typ": typ, "kid": thumbprint(jwk)}:
        raise jwt.InvalidTokenError("another header")
    if any(_base64url(_decoded(part)) != part for part in token.split(".")):
        raise jwt.InvalidTokenError("not the one form of base64url")
    unchecked: Any = {f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "aud")}
    key: Any = OKPAlgorithm.from_jwk(jwk)
    payload: Json = jwt.decode(token, key, algorithms=["EdDSA"], options=unchecked)
    return payload


def newest_catalog(tokens: list[str], root: Json) -> Json:
    """Step 1: the newest catalog of a list, each signed by a root of the one before; `root` is the pinned one."""
    roots, catalog = [root], None
    for token in tokens:
        kid = jwt.get_unverified_header(token)["kid"]
        signer = next((jwk for jwk in roots if thumbprint(jwk) == kid), None)
        if signer is None:
            raise RefusedError(1, "the catalog is not signed by a root of the one before")
        newer = verified(token, "tenure-catalog+jwt", signer)
        if catalog is not None and (newer["iss"] != catalog["iss"] or newer["seq"] <= catalog["seq"]):
            raise RefusedError(1, "another publisher, or no higher seq")
        catalog, roots = newer, [entry["jwk"] for entry in newer["roots"]]
    if catalog is None:
        raise RefusedError(1, "no catalog")
    return catalog


def newer_revocations(token: str, catalog: Json, *, now: int, known_seq: int = 0) -> Json:
    """Step 10: a list of the publisher's, by a key that is open now, with a higher seq than the one that is known."""
    revoked = _by_signing_key(token, "tenure-revocation+jwt", catalog, now, step=10)
    if revoked["seq"] <= known_seq:
        raise RefusedError(10, "an old list")
    return revoked


def is_revoked(host: Json, revoked: Json, *, at: int) -> bool:
    """Whether a list takes back this certificate, by its host or by its key, at this time."""
    named = ((host["sub"], revoked["hosts"]), (host["key_id"], revoked["keys"]))
    return any(entry["id"] == who and entry["from"] <= at for who, entries in named for entry in entries)


def accept_lease(
    answer: Json,
    request: Json,
    catalog: Json,
    *,
    now: int,
    highest_epoch: int = 0,
    revoked: Json | None = None,
) -> Json:
    """The lease in a 200, after steps 2 to 10; `revoked` is the newest list that is known, verified."""
    host = _by_signing_key(answer["certificate"], "tenure-host+jwt", catalog, now, step=2)
    if not host["iat"] <= now < host["exp"]:
        raise RefusedError(3, "the certificate is not valid now")
    try:
        lease = verified(answer["lease"], "tenure-lease+jwt", host["cnf"]["jwk"])
    except jwt.InvalidTokenError as error:
        raise RefusedError(4, f"the lease: {error}") from error
    product = next(
        product for product in catalog["products"] if product["product_id"] == request["product_id"]
    )
    policy = host["pools"].get(lease["pool"])
    asked = {"nonce": "request_id", "sub": "machine_id", "aud": "product_id", "fpr": "fingerprint"}
    for step, holds, what in (
        (4, lease["iss"] == host["sub"], "the lease is of another host"),
        (
            5,
            lease["pool"] == product["pool"] and policy is not None,
            "the pool is not the product's, or not covered",
        ),
        (
            6,
            all(lease[claim] == request[member] for claim, member in asked.items()),
            "it answers another request",
        ),
        (7, abs(lease["iat"] - now) <= 14_400, "signed over 4 hours from this clock"),
    ):
        if not holds:
            raise RefusedError(step, what)
    if lease["exp"] - lease["iat"] != policy["lease_days"] * 86_400:
        raise RefusedError(7, "not as long as the policy says")
    if lease["count"] < policy["threshold"]:
        raise RefusedError(8, "the count is below the threshold")
    if lease["epoch"] < highest_epoch:
        raise RefusedError(9, "an old copy of the host")
    if revoked is not None and is_revoked(host, revoked, at=max(now, lease["iat"])):
        raise RefusedError(10, "the host was revoked")
    return lease


def activate(base: str, product_id: str, catalog: Json, *, wait: int = 0) -> tuple[int, Json]:
    """The status of one new machine's request, and its verified lease (200) or the host's words (202)."""
    request = {
        "machine_id": str(uuid.uuid4()),
        "product_id": product_id,
        "request_id": str(uuid.uuid4()),
        "hostname": "independent.example",
        "fingerprint": uuid.uuid4().hex,
        "virtual": False,
        "license_status": "notification",
        "minutes_remaining": 0,
        "client_time": int(time.time()),
    }
    headers = {"Content-Type": "application/json", **({"Prefer": f"wait={wait}"} if wait else {})}
    post = urllib.request.Request(f"{base}/v1/activations", json.dumps(request).encode(), headers)  # noqa: S310 - the base is given
    with urllib.request.urlopen(post, timeout=30 + wait) as response:  # noqa: S310 - as above
        body: Json = json.load(response)
        if response.status != 200:
            return response.status, body
    now, revoked = int(time.time()), None
    if body["revocation_seq"] > 0:
        path = f"{base}/v1/publishers/{catalog['iss']}/revocations"
        with urllib.request.urlopen(path, timeout=30) as response:  # noqa: S310 - as above
            revoked = newer_revocations(json.load(response)["revocations"], catalog, now=now)
    return 200, accept_lease(body, request, catalog, now=now, revoked=revoked)


def main(quickstart: Path, machines: int) -> None:
    """Activate the machines at once, each waiting for the others, and say what came of it."""
    said = json.loads(quickstart.read_text())
    root = json.loads(Path(said["root_key"]).read_text())
    catalog = newest_catalog(json.loads(Path(said["catalog"]).read_text())["catalogs"], root)
    product = next(product["product_id"] for product in said["products"] if product["kind"] == "workstation")
    with ThreadPoolExecutor(machines) as threads:
        asked = [
            threads.submit(activate, said["activation_url"], product, catalog, wait=20)
            for _ in range(machines)
        ]
        answers = [one.result() for one in asked]
    licensed = [lease for status, lease in answers if status == 200]
    print(f"{len(licensed)} of {machines} machines hold a verified lease.")
    if licensed:
        days = (licensed[0]["exp"] - licensed[0]["iat"]) // 86_400
        print(
            f"The first: {days} days, granted by host {licensed[0]['iss']} at a count of {licensed[0]['count']}."
        )


def _by_signing_key(token: str, typ: str, catalog: Json, now: int, *, step: int) -> Json:
    """Steps 2 and 10: the payload, by a signing key that the catalog names, that may sign it and is open now."""
    try:
        kid = jwt.get_unverified_header(token)["kid"]
        entry = next(entry for entry in catalog["keys"] if thumbprint(entry["jwk"]) == kid)
        payload = verified(token, typ, entry["jwk"])
    except (jwt.InvalidTokenError, KeyError, StopIteration) as error:
        raise RefusedError(step, f"the {typ}: {error}") from error
    is_open = entry["from"] <= now and (entry["until"] is None or now < entry["until"])
    if typ not in entry["may"] or not is_open or payload["iss"] != catalog["iss"]:
        raise RefusedError(step, f"the key of the {typ} may not sign it now, or it is of another publisher")
    return payload


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 25)
