"""The bodies of what host and publisher tell everyone."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from tenure.wire.publication import Certificates, Health, PoolHealth, Publishers
from unit.wire.example import CERTIFICATE_TOKEN, HOST_ID, NOW, OTHER_ID, PUBLISHER_ID

HOST_HEALTH = Health(
    status="ok",
    time=NOW,
    version="0.1.0",
    host_id=HOST_ID,
    pools=(PoolHealth(publisher_id=PUBLISHER_ID, pool="workstations", count=31, threshold=25),),
)

BODIES: dict[str, tuple[Struct, dict[str, Any]]] = {
    "a host's health": (
        HOST_HEALTH,
        {
            "status": "ok",
            "time": NOW,
            "version": "0.1.0",
            "host_id": str(HOST_ID),
            "pools": [
                {"publisher_id": str(PUBLISHER_ID), "pool": "workstations", "count": 31, "threshold": 25},
            ],
        },
    ),
    "the health of a host that serves nothing": (
        Health(status="ok", time=NOW, version="0.1.0", host_id=HOST_ID, pools=()),
        {"status": "ok", "time": NOW, "version": "0.1.0", "host_id": str(HOST_ID), "pools": []},
    ),
    "a publisher's health, without host and pools": (
        Health(status="ok", time=NOW, version="0.1.0"),
        {"status": "ok", "time": NOW, "version": "0.1.0"},
    ),
    "certificates": (Certificates((CERTIFICATE_TOKEN,)), {"certificates": [CERTIFICATE_TOKEN]}),
    "no certificates": (Certificates(()), {"certificates": []}),
    "publishers": (
        Publishers((PUBLISHER_ID, OTHER_ID)),
        {"publishers": [str(PUBLISHER_ID), str(OTHER_ID)]},
    ),
}


@pytest.mark.parametrize(("body", "told"), BODIES.values(), ids=BODIES)
def test_a_body_has_the_members_of_the_design(body: Struct, told: dict[str, Any]) -> None:
    """As the design spells it; it comes back as it was sent, and a newer server's members are passed over."""
    assert json.loads(msgspec.json.encode(body)) == told
    assert msgspec.convert({**told, "tomorrow": 1}, type(body)) == body
