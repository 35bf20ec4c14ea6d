"""OpenAPI of an API, made from its bodies: it agrees with the decoders that it describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # the package ships no types

import tenure
from tenure.core.errors import Code, Refused
from tenure.wire.activation import ActivationBody, Granted, Waiting, decode_activation
from tenure.wire.openapi import Operation, openapi
from tenure.wire.problems import CONTENT_TYPE, problem_of
from unit.wire.example import FINGERPRINT, MACHINE_ID, NOW, REQUEST_ID, WORKSTATION_ID
from unit.wire.forgery import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT = {"name": "Prefer", "in": "header", "schema": {"type": "string"}}
DESCRIBED = openapi(
    "An example",
    [
        Operation(
            "POST", "/v1/activations", "Activate", ActivationBody, {200: Granted, 202: Waiting}, (WAIT,)
        ),
        Operation("GET", "/v1/activations", "Look", None, {200: Waiting}),
    ],
)


def schema(name: str) -> dict[str, Any]:
    """A schema by its type's name, with what it refers to."""
    return {"$ref": f"#/components/schemas/{name}", "components": DESCRIBED["components"]}


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in a description."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "$ref":
                yield member
            else:
                yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def test_a_description_is_plain_json_with_this_version() -> None:
    """OpenAPI 3.1, the title as given, the program's version."""
    assert json.loads(json.dumps(DESCRIBED)) == DESCRIBED
    assert DESCRIBED["openapi"] == "3.1.0"
    assert DESCRIBED["info"] == {"title": "An example", "version": tenure.__version__}


def test_every_operation_is_described_and_publication_with_them() -> None:
    """Two methods of one path stand together; what host and publisher serve alike is always there."""
    assert {path: set(methods) for path, methods in DESCRIBED["paths"].items()} == {
        "/v1/activations": {"post", "get"},
        "/v1/publishers": {"get"},
        "/v1/publishers/{publisher_id}/catalogs": {"get"},
        "/v1/publishers/{publisher_id}/revocations": {"get"},
    }
    post = DESCRIBED["paths"]["/v1/activations"]["post"]
    assert post["summary"] == "Activate"
    assert post["parameters"] == [WAIT]
    assert set(post["responses"]) == {"200", "202", "default"}
    assert CONTENT_TYPE in post["responses"]["default"]["content"]
    assert post["requestBody"]["required"] is True
    get = DESCRIBED["paths"]["/v1/activations"]["get"]
    assert "requestBody" not in get
    assert "parameters" not in get


def test_an_operation_that_needs_a_token_says_so() -> None:
    """As a bearer scheme (RFC 6750), on it alone; an API without one has no scheme."""
    described = openapi(
        "An example",
        [
            Operation("GET", "/v1/admin", "Look", None, {200: Waiting}, bearer=True),
            Operation("GET", "/v1/open", "Look", None, {200: Waiting}),
        ],
    )
    assert described["paths"]["/v1/admin"]["get"]["security"] == [{"bearer": []}]
    assert "security" not in described["paths"]["/v1/open"]["get"]
    assert described["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    assert "securitySchemes" not in DESCRIBED["components"]


def test_every_reference_leads_to_a_schema_that_is_one() -> None:
    """No dangling `$ref`, and each schema is valid JSON Schema 2020-12."""
    schemas = DESCRIBED["components"]["schemas"]
    found = set(references(DESCRIBED))
    assert {f"#/components/schemas/{name}" for name in schemas} == found
    for one in schemas.values():
        Draft202012Validator.check_schema(one)


GOOD: dict[str, Any] = {
    "machine_id": str(MACHINE_ID),
    "product_id": str(WORKSTATION_ID),
    "request_id": str(REQUEST_ID),
    "hostname": "desk-17.example",
    "fingerprint": FINGERPRINT,
    "virtual": False,
    "license_status": "notification",
    "minutes_remaining": 100_800,
    "client_time": NOW,
}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("hostname", "x" * 255),
        ("hostname", "x" * 256),
        ("hostname", ""),
        ("hostname", "desk\n"),
        ("hostname", "desk\x1b"),
        ("fingerprint", "f" * 16),
        ("fingerprint", "f" * 15),
        ("fingerprint", "f" * 128),
        ("fingerprint", "f" * 129),
        ("fingerprint", "f" * 16 + "\n"),
        ("virtual", 1),
        ("license_status", "licensed"),
        ("license_status", "activated"),
        ("minutes_remaining", 525_600),
        ("minutes_remaining", 525_601),
        ("minutes_remaining", -1),
        ("client_time", 2**53),
        ("client_time", 2**53 + 1),
        ("client_time", "now"),
        ("tomorrow", {}),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_schema_and_decoder_agree(member: str, value: Any) -> None:
    """Whoever validates by the description is told the same as by the host, bound for bound."""
    body = {**GOOD, member: value}
    described = Draft202012Validator(schema("ActivationBody")).is_valid(body)
    try:
        decode_activation(to_json(body))
    except Refused:
        assert not described
    else:
        assert described


def test_answers_fit_their_schemas() -> None:
    """What the program sends is what the description says."""
    waiting = Waiting(
        count=1, threshold=2, missing=1, retry_interval_s=900, contact="", catalog_seq=1, revocation_seq=0
    )
    problem = problem_of(Refused(Code.CLOCK_SKEW, "Late."))
    for body in (waiting, problem):
        Draft202012Validator(schema(type(body).__name__)).validate(json.loads(msgspec.json.encode(body)))
