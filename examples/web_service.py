"""A web service that keeps to its license: a WSGI middleware around any application.

    python examples/web_service.py --root-key root.pub.jwk --product-id ID --port 8080

- licensed, or in grace: everything is answered
- notification: everything but what the catalog stops (`export`), with the reason in the header `License-Notice`
- reduced functionality, or no key: what reads is answered, what writes is refused

The check is made for each request: it costs microseconds, and a renewal is seen at once without a restart.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import make_server

from tenure import License, LicenseCheck

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


def feature_of(environ: WSGIEnvironment) -> str | None:
    """The feature that a request uses; None: one that is never stopped."""
    if str(environ["PATH_INFO"]).startswith("/export"):
        return "export"
    return None if environ["REQUEST_METHOD"] in {"GET", "HEAD"} else "save"


class Licensed:
    """The application, as far as the license goes."""

    def __init__(self, application: WSGIApplication, product: License) -> None:
        """One `License` for all threads."""
        self._application = application
        self._product = product

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer, or a refusal that says why."""
        check = self._product.check()
        feature = feature_of(environ)
        if feature is not None and not check.allows(feature):
            return _refusal(check, feature, start_response)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *_notice(check)], *more)

        return self._application(environ, start)


def _notice(check: LicenseCheck) -> list[tuple[str, str]]:
    """For whoever runs the service; the people who use it can do nothing about it."""
    if check.licensed and not check.warning:
        return []
    days = "" if check.days_left is None else f"; days-left={check.days_left}"
    return [("License-Notice", f"{check.status.value}; reason={check.reason}{days}")]


def _refusal(check: LicenseCheck, feature: str, start_response: StartResponse) -> list[bytes]:
    """403 and a problem document (RFC 9457)."""
    problem = {
        "title": f"The license does not allow {feature}",
        "status": 403,
        "detail": check.message,
        "license_status": check.status.value,
        "reason": check.reason,
        "cure": check.cure,
    }
    body = json.dumps(problem).encode()
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    start_response("403 Forbidden", [*headers, *_notice(check)])
    return [body]


def drawings(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """The service itself, which knows nothing of licenses."""
    body = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} is done.\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="Drawings over HTTP.")
    parser.add_argument("--root-key", type=Path, required=True)
    parser.add_argument("--product-id", required=True)
    parser.add_argument("--port", type=int, default=8080)
    given = parser.parse_args()
    product = License(root_key=given.root_key, product_id=given.product_id)
    with make_server("127.0.0.1", given.port, Licensed(drawings, product)) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
