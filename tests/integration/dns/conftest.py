"""One BIND with one of everything, for all tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.bind import BIND_MISSING, NAMED, Bind, TsigKey, bind

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE = r"""
_one._tcp       SRV 0 0 1688 Host.example.test.
_order._tcp     SRV 10 5 1 b.example.test.
_order._tcp     SRV 0 1 2 a.example.test.
_order._tcp     SRV 0 9 3 z.example.test.
_denied._tcp    SRV 0 0 0 .
_hostile._tcp   SRV 0 0 1688 \027[2J\010evil\$\(reboot\).example.test.
_alias._tcp     CNAME _one._tcp
host            A 10.0.0.20
host            A 10.0.0.3
host            AAAA fd00::1
six             AAAA fd00::6
text            TXT "nothing else"
alias           CNAME host
dangling        CNAME gone
loop            CNAME pool
pool            CNAME loop
_loop._tcp      CNAME loop
local           A 127.0.0.1
"""
# BIND takes 100 records of one name and type; these are some 6,000 bytes.
MANY = "\n".join(
    f"_many._tcp SRV 0 0 {port} host{port}.with-a-long-name.example.test." for port in range(1, 91)
)


@pytest.fixture(scope="session")
def tsig_key() -> TsigKey:
    """The key that may update `example.test`."""
    return TsigKey()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, tsig_key: TsigKey) -> Iterator[Bind]:
    """BIND with `example.test`, which the key may update, and the zone `broken.test` that did not load."""
    if NAMED is None:
        pytest.skip(BIND_MISSING)
    zones = {"example.test": ZONE + MANY, "fixed.test": ""}
    folder = tmp_path_factory.mktemp("bind")
    with bind(folder, zones, broken=["broken.test"], key=tsig_key, updatable=["example.test"]) as running:
        yield running
