"""A client of the protocol that does right, but for one thing: each flaw is a line that somebody might forget or add.

It shares with Tenure only how keys verify; the host it asks over a bare socket, so that every fault of HTTP reaches it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from simulators.wrong_http import RefusedError, UnavailableError, UntrustedError, WrongHttp
from tenure.conformance.judging import Ended
from tenure.core.errors import Untrusted
from tenure.wire.jws import Typ, read
from tenure.wire.keys import PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY, HOUR = 86_400, 3_600
LONGEST_DOCUMENT = 8 * 1024


def _check(right: object, what: str) -> None:
    if not right:
        raise UntrustedError(what)


@dataclass
class WrongClient:
    """The client, with the flaw of this name; without one it does right."""

    flaw: str | None = None

    def __call__(self, variables: Mapping[str, str]) -> Ended:
        """One step."""
        self._variables = variables
        url, seconds = variables["TENURE_TEST_HOST"], float(variables["TENURE_TEST_SECONDS"])
        self._http = WrongHttp(url, seconds, self.flaw)
        self._now = int(time.time())
        path = Path(variables["TENURE_TEST_STATE"], "state.json")
        self._state = json.loads(path.read_text()) if path.exists() else self._first_state()
        code, words = 0, ""
        try:
            self._ask()
        except (RefusedError, UnavailableError, UntrustedError) as error:
            code, words = {RefusedError: 3, UnavailableError: 4, UntrustedError: 5}[type(error)], str(error)
            self._state["failed"] = True
            if self._has("gives its license up when it gets no other"):
                self._state["lease"] = None
        except Exception as error:  # noqa: BLE001 - a client that stumbles is what this plays
            return Ended(1, "", repr(error))
        path.write_text(json.dumps(self._state))
        return Ended(code, json.dumps({"license_status": self._status()}), words)

    def _has(self, flaw: str) -> bool:
        return self.flaw == flaw

    # What it asks

    def _first_state(self) -> dict[str, Any]:
        catalogs = json.loads(Path(self._variables["TENURE_TEST_CATALOG"]).read_text())["catalogs"]
        root = json.loads(Path(self._variables["TENURE_TEST_ROOT"]).read_text())
        catalog = self._verified(catalogs[0], Typ.CATALOG, root)
        ids = {name: str(uuid4()) for name in ("machine_id", "fingerprint", "request_id")}
        return {**ids, "catalog": catalog, "lease": None, "epochs": {}, "revocations": None, "asked": 0}

    def _ask(self) -> None:
        for_good = self._has("gives up for good after a failure") and "failed" in self._state
        if for_good or self._has("never asks"):
            raise UnavailableError("no mood")
        machine_id = str(uuid4()) if self._has("is another machine each time") else self._state["machine_id"]
        same = self._has("sends every request under the same id")
        request = {
            "machine_id": machine_id,
            "product_id": self._variables["TENURE_TEST_PRODUCT"],
            "request_id": self._state["request_id"] if same else str(uuid4()),
            "hostname": "wrong.example",
            "fingerprint": self._state["fingerprint"],
            "virtual": "no" if self._has("sends texts for booleans") else False,
            "license_status": self._status(),
            "minutes_remaining": 0,
            "client_time": self._now * (1000 if self._has("sends milliseconds") else 1),
        }
        status, header, body = self._http.answer("POST", "/v1/activations", json.dumps(request))
        if status >= 500 and self._has("asks again at once after a 503"):
            request["request_id"] = str(uuid4())
            status, header, body = self._http.answer("POST", "/v1/activations", json.dumps(request))
        self._look_at(status, header)
        answer = self._json(body)
        lease, certificate = answer.get("lease"), answer.get("certificate")
        if not (isinstance(lease, str) and isinstance(certificate, str)):
            raise UnavailableError("no answer of the protocol")
        known = {"lease", "certificate", "count", "threshold", "renewal_interval_s", "catalog_seq"}
        if self._has("refuses members that it does not know"):
            _check(answer.keys() <= known | {"revocation_seq"}, "unknown members")
        if self._has("has a license because the answer is 200"):
            self._state["lease"] = self._state["lease"] or {"exp": self._now + DAY, "iat": self._now}
        self._hear_news(answer)
        self._take(lease, certificate, request)

    def _look_at(self, status: int, header: Mapping[str, str]) -> None:
        if self._has("reads Retry-After as a number of 64 bits"):
            int(header.get("retry-after", "0")).to_bytes(8)
        if self._has("wants a Retry-After on every 503") and status == 503:
            header["retry-after"]
        if status in {202, 204} and self._has("takes every 2xx for a license"):
            self._state["lease"] = {"exp": self._now + DAY, "iat": self._now}
        if status == 202:
            raise RefusedError("not yet")
        no_answer = self._has("takes a refusal for no answer")
        if 400 <= status < 500 and not no_answer:
            raise RefusedError(f"status {status}")
        if status >= 500 and self._has("takes a 503 for a refusal"):
            raise RefusedError(f"status {status}")
        if status != 200:
            raise UnavailableError(f"status {status}")
        if self._has("insists on the content type") and header.get("content-type") != "application/json":
            raise UnavailableError("another content type")

    def _json(self, body: bytes) -> Mapping[str, Any]:
        if self._has("relies on every answer's being right"):
            answer = json.loads(body)
            return {**answer, **{name: answer[name] + "" for name in ("lease", "certificate")}}
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnavailableError("no JSON") from error
        if not isinstance(value, dict):
            raise UnavailableError("no object")
        return value

    # What it believes

    def _verified(self, token: str, typ: Typ, jwk: Mapping[str, str]) -> dict[str, Any]:
        """The claims under this key; by Tenure's own reader, unless the flaw is to know better."""
        key = PublicKey(jwk["x"])
        lax = self._lax(token, typ, key)
        if lax is not None:
            return lax
        try:
            document = read(token, typ)
            _check(document.kid == key.kid, "another key")
            claims = document.verify(key)
        except Untrusted as error:
            raise UntrustedError(str(error)) from error
        version = self._has("does not look at the version") or claims["ver"] == 1
        _check(version, "another version")
        return claims

    def _lax(self, token: str, typ: Typ, key: PublicKey) -> dict[str, Any] | None:
        """The claims, where the flaw lets more through than documents."""
        if typ is not Typ.LEASE:
            return None
        if self._has("relies on every document's being one"):
            _part(token, 0), _part(token, 1)
            return None
        with suppress(ValueError):
            header, payload, signature = (_decoded(part) for part in token.split("."))
            said = json.loads(header)
            signed = token.rpartition(".")[0].encode()
            let_through = {
                "accepts the algorithm none": said["alg"] == "none",
                "lets the header choose the algorithm": said["alg"] == "HS256"
                and hmac.compare_digest(
                    hmac.digest(_decoded(key.jwk["x"]), signed, hashlib.sha256), signature
                ),
                "does not check the lease's signature": said.get("alg") == "EdDSA"
                and len(token) < LONGEST_DOCUMENT,
                "does not look at the type": said["typ"] != typ.value,
                "takes a header for what it knows of it": "crit" in said,
                "takes the last of a repeated name": header.count(b'"alg"') + payload.count(b'"ver"') > 2,
                "reads documents of any length": len(token) > LONGEST_DOCUMENT,
            }
            if let_through.get(self.flaw or ""):
                claims: dict[str, Any] = json.loads(payload)
                return claims
        return None

    def _entry(self, kid: str) -> Mapping[str, Any]:
        for entry in self._state["catalog"]["keys"]:
            if PublicKey(entry["jwk"]["x"]).kid == kid:
                closed = entry["until"] is not None and entry["until"] <= self._now
                _check(not closed or self._has("takes keys that were closed"), "the key was closed")
                return dict(entry["jwk"])
        raise UntrustedError("a key that the catalog does not name")

    def _hear_news(self, answer: Mapping[str, Any]) -> None:
        catalog = self._state["catalog"]
        base = f"/v1/publishers/{catalog['iss']}"
        if answer["catalog_seq"] > catalog["seq"] and not self._has("asks for no catalogs"):
            news = self._news(f"{base}/catalogs?after={catalog['seq']}")
            for token in news.get("catalogs", []):
                self._follow(token)
        known = self._state["revocations"]
        if answer["revocation_seq"] > (known["seq"] if known else 0) and not self._has(
            "asks for no revocations"
        ):
            token = self._news(f"{base}/revocations").get("revocations")
            if token is not None:
                self._follow_list(token)

    def _news(self, path: str) -> Mapping[str, Any]:
        status, _, body = self._http.answer("GET", path)
        if status != 200:
            if self._has("judges nothing without the news"):
                raise UnavailableError("the news are not to be had")
            return {}
        return self._json(body)

    def _follow(self, token: str) -> None:
        known = self._state["catalog"]
        claims = _part(token, 1)
        if claims["seq"] <= known["seq"] and not self._has("goes back to older catalogs"):
            return
        if not self._has("takes any catalog"):
            kid = _part(token, 0)["kid"]
            roots = [e["jwk"] for e in known["roots"] if PublicKey(e["jwk"]["x"]).kid == kid]
            _check(roots, "a root that nobody named")
            claims = self._verified(token, Typ.CATALOG, roots[0])
        self._state["catalog"] = claims

    def _follow_list(self, token: str) -> None:
        claims = _part(token, 1)
        if not self._has("takes any revocation list"):
            try:
                claims = self._verified(token, Typ.REVOCATION, self._entry(_part(token, 0)["kid"]))
            except UntrustedError:
                return
        known = self._state["revocations"]
        if not known or claims["seq"] > known["seq"] or self._has("goes back to older revocations"):
            self._state["revocations"] = claims

    def _take(self, lease_token: str, certificate_token: str, request: Mapping[str, Any]) -> None:
        now, catalog = self._now, self._state["catalog"]
        stranger = self._has("does not check the certificate's signature")
        if stranger:
            certificate = _part(certificate_token, 1)
        else:
            kid = _part(certificate_token, 0)["kid"]
            certificate = self._verified(certificate_token, Typ.HOST, self._entry(kid))
        lease = self._verified(lease_token, Typ.LEASE, certificate["cnf"]["jwk"])
        policy = certificate["pools"].get(lease["pool"], {"lease_days": 180, "threshold": 25})
        product = catalog["products"][0]
        threshold = lease if self._has("believes the lease's own threshold") else policy
        apart = 1 if self._has("allows the clocks one hour") else 4
        host = self._state.setdefault("host", certificate["sub"])
        key = self._state.setdefault("host_key", certificate["cnf"]["jwk"])
        checks = {
            "publisher": certificate["iss"] == catalog["iss"],
            "certificate's dates": certificate["iat"] <= now < certificate["exp"],
            "host": lease["iss"] == certificate["sub"],
            "product's pool": lease["pool"] == product["pool"],
            "certificate's pools": lease["pool"] in certificate["pools"],
            "nonce": lease["nonce"] == request["request_id"],
            "machine": lease["sub"] == request["machine_id"],
            "product": lease["aud"] == request["product_id"],
            "fingerprint": lease["fpr"] == request["fingerprint"],
            "clock": abs(lease["iat"] - now) <= apart * HOUR,
            "length": lease["exp"] - lease["iat"] == policy["lease_days"] * DAY,
            "count": lease["count"] >= threshold["threshold"],
            "epoch": lease["epoch"] >= self._state["epochs"].get(lease["iss"], 0),
        }
        for name, right in checks.items():
            _check(right or self._has(f"does not check the {name}"), name)
        added = {
            "stays with its first host": certificate["sub"] == host,
            "pins the key of its host": certificate["cnf"]["jwk"] == key,
            "wants to renew before the end": lease["renew_after"] < lease["exp"],
            "renews nothing": self._state["lease"] is None,
            "refuses claims that it does not know": "since" not in lease,
        }
        _check(added.get(self.flaw or "", True), "something that no rule says")
        revoked = self._revoked_from(certificate["sub"], certificate["key_id"])
        _check(now < revoked, "revoked")
        self._state["lease"] = lease | {"key_id": certificate["key_id"]}
        self._state["epochs"][lease["iss"]] = lease["epoch"]

    def _revoked_from(self, host_id: str, key_id: str) -> float:
        known = self._state["revocations"] or {"hosts": [], "keys": []}
        keys = [] if self._has("passes over revoked keys") else known["keys"]
        found = [e["from"] for e in known["hosts"] if e["id"] == host_id]
        found += [e["from"] for e in keys if e["id"] == key_id]
        return float(min(found, default=float("inf")))

    def _status(self) -> str:
        lease = self._state["lease"]
        if lease is None or self._now >= lease["exp"]:
            return "notification"
        revoked = self._revoked_from(lease.get("iss", ""), lease.get("key_id", ""))
        if self._has("voids what a revoked host granted before"):
            return "licensed" if revoked == float("inf") else "notification"
        at_rest = not self._has("keeps what a revoked host granted")
        return "notification" if at_rest and lease["iat"] >= revoked else "licensed"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _part(token: str, number: int) -> dict[str, Any]:
    """Header (0) or claims (1), unverified."""
    value: dict[str, Any] = json.loads(_decoded(token.split(".")[number]))
    return value
