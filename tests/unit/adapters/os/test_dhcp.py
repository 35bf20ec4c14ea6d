from __future__ import annotations

import json

import pytest

from tenure.adapters.os.dhcp import Assigned, addresses_in, leased_in

NETWORKD = """\
# This is private data. Do not parse.
ADDRESS=192.0.2.5
NETMASK=255.255.255.0
ROUTER=192.0.2.1
SERVER_ADDRESS=192.0.2.1
DNS=192.0.2.53
"""
DHCLIENT = """\
lease {
  interface "eth0";
  fixed-address 192.0.2.4;
  option routers 192.0.2.1;
  expire 2 2026/11/24 12:00:00;
}
lease {
  interface "eth0";
  fixed-address 192.0.2.5;
  option dhcp-server-identifier 192.0.2.1;
}
"""


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (NETWORKD, {"192.0.2.5"}),
        (DHCLIENT, {"192.0.2.4", "192.0.2.5"}),
        ("ADDRESS=192.0.2.5", {"192.0.2.5"}),
        ("", set()),
        ("ADDRESS=\nfixed-address name;\nADDRESS=fe80::1\n#ADDRESS=192.0.2.5", set()),
        ("\x00\ufffd" * 100, set()),
    ],
    ids=["networkd and NetworkManager", "dhclient", "no last line end", "empty", "no addresses", "no text"],
)
def test_lease_files_name_the_addresses_that_were_given(text: str, addresses: set[str]) -> None:
    """Those of the server, the router and the DNS stand there, too, and are left alone."""
    assert leased_in(text) == addresses


def listing(*entries: dict[str, object]) -> str:
    """What `ip -j -4 address` prints of one interface."""
    return json.dumps([{"ifname": "eth0", "addr_info": list(entries)}])


@pytest.mark.parametrize(
    ("printed", "addresses"),
    [
        (listing({"local": "192.0.2.5", "dynamic": True}), (Assigned("192.0.2.5", "eth0", dynamic=True),)),
        (listing({"local": "192.0.2.6"}), (Assigned("192.0.2.6", "eth0", dynamic=False),)),
        (listing({"family": "inet"}), ()),
        ("[{}]", ()),
        ("{}", ()),
        ('[1, {"addr_info": 5}, {"addr_info": [5]}]', ()),
        ("", ()),
        ("[" * 100_000, ()),
    ],
    ids=["for a time", "for good", "none", "an empty link", "no list", "other types", "nothing", "nested"],
)
def test_the_kernel_says_which_addresses_are_for_a_time(
    printed: str, addresses: tuple[Assigned, ...]
) -> None:
    """What is not understood is passed over: a warning is all that hangs on it."""
    assert addresses_in(printed) == addresses
