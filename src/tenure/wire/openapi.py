"""OpenAPI 3.1 of an API, made from the bodies that it really reads and writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

import tenure
from tenure.wire.catalog import CatalogList
from tenure.wire.problems import CONTENT_TYPE, Problem
from tenure.wire.publication import Publishers
from tenure.wire.revocation import RevocationBody

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    summary: str
    request: Any
    """The type of the body, which may be a union; None: there is none."""
    answers: Mapping[int, type]
    parameters: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    bearer: bool = False
    """Whether it needs a token (RFC 6750)."""


_PUBLISHER_ID: Final = {
    "name": "publisher_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}

PUBLICATION = (
    Operation("GET", "/v1/publishers", "Whose catalogs are held here", None, {200: Publishers}),
    Operation(
        "GET",
        "/v1/publishers/{publisher_id}/catalogs",
        "The catalogs that lead from SEQ to the newest, oldest first",
        None,
        {200: CatalogList},
        (
            _PUBLISHER_ID,
            {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}},
        ),
    ),
    Operation(
        "GET",
        "/v1/publishers/{publisher_id}/revocations",
        "The newest list of what is revoked",
        None,
        {200: RevocationBody},
        (_PUBLISHER_ID,),
    ),
)
"""What host and publisher serve alike."""


def openapi(title: str, operations: Sequence[Operation]) -> dict[str, Any]:
    """The API's description; every operation may also answer with a problem document."""
    everything = (*operations, *PUBLICATION)
    types = {t for o in everything for t in (o.request, *o.answers.values()) if t is not None} | {Problem}
    ordered = sorted(types, key=str)
    schemas, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(ordered, schemas, strict=True))
    problem = {"description": "Refused", "content": {CONTENT_TYPE: {"schema": schema_of[Problem]}}}
    paths: dict[str, dict[str, Any]] = {}
    for operation in everything:
        answers = {
            str(status): {
                "description": operation.summary,
                "content": {"application/json": {"schema": schema_of[answer]}},
            }
            for status, answer in operation.answers.items()
        }
        described: dict[str, Any] = {
            "summary": operation.summary,
            "responses": {**answers, "default": problem},
        }
        if operation.parameters:
            described["parameters"] = list(operation.parameters)
        if operation.bearer:
            described["security"] = [{"bearer": []}]
        if operation.request is not None:
            content = {"application/json": {"schema": schema_of[operation.request]}}
            described["requestBody"] = {"required": True, "content": content}
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    described_components: dict[str, Any] = {"schemas": components}
    if any(operation.bearer for operation in everything):
        described_components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": tenure.__version__},
        "paths": paths,
        "components": described_components,
    }
