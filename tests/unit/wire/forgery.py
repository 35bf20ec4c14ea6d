"""Documents as an attacker or a careless peer makes them: any header, any payload, any signature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tenure.wire.base64url import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenure.wire.keys import SigningKey

Path = tuple[str | int, ...]
"""Where a value stands in a payload."""


def compact(header: bytes, payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The three parts as they are given, whatever they say."""
    signing_input = f"{encode(header)}.{encode(payload)}"
    return f"{signing_input}.{encode(sign(signing_input.encode()))}"


def header_of(token: str) -> dict[str, Any]:
    """What a token's header says, unverified."""
    return _part(token, 0)


def payload_of(token: str) -> dict[str, Any]:
    """What a token's payload says, unverified."""
    return _part(token, 1)


def resigned(
    token: str, key: SigningKey, payload: dict[str, Any] | None = None, *, kid: str | None = None
) -> str:
    """The token with another payload, signed by `key`, which may call itself `kid`."""
    header = {**header_of(token), "kid": kid or key.kid}
    return compact(to_json(header), to_json(payload_of(token) if payload is None else payload), key.sign)


def spliced(token: str, payload: dict[str, Any]) -> str:
    """The token with another payload under the signature that it had."""
    header, _, signature = token.split(".")
    return f"{header}.{encode(to_json(payload))}.{signature}"


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every number, text, truth value and null of a payload stands."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, (*path, index))
    else:
        yield path


def with_value(payload: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the payload with `value` at `path`."""
    copy: dict[str, Any] = json.loads(json.dumps(payload))
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy


def value_at(payload: dict[str, Any], path: Path) -> Any:
    """What stands at `path`."""
    place: Any = payload
    for step in path:
        place = place[step]
    return place


def without(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """A copy of the payload that lacks a member."""
    return {key: value for key, value in payload.items() if key != name}


def other(value: Any) -> Any:
    """A value like this one, and of the same form, that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and value:
        middle = len(value) // 2
        digit = "1" if value[middle] != "1" else "2"
        return value[:middle] + digit + value[middle + 1 :]
    return "something" if value is None else "x"


def to_json(value: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _part(token: str, index: int) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(decode(token.split(".")[index]))
    return members
