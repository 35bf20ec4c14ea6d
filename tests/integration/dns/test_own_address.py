"""The address from which this machine reaches a DNS server."""

from __future__ import annotations

import pytest

from tenure.adapters.os.addresses import address_towards
from tenure.core.errors import Code, Unavailable


def test_loopback_is_reached_from_loopback() -> None:
    """The system's routes say so; no packet is sent."""
    assert address_towards("127.0.0.53") == "127.0.0.1"


def test_no_way_is_told_in_words() -> None:
    """Here an interface that does not exist."""
    with pytest.raises(Unavailable) as failed:
        address_towards("fe80::1%no-such-interface")
    assert failed.value.code is Code.DNS_UNAVAILABLE
    assert "--address" in failed.value.cure
