"""Options of the commands that look for hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def lookup_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--domain` and `--dns-server`, as typed."""
    function = click.option(
        "--dns-server",
        metavar="ADDR[:PORT]",
        help="Ask this DNS server (an IP address) for hosts and their addresses, this once.",
    )(function)
    return click.option(
        "--domain",
        metavar="DOMAIN",
        help="Look for hosts in this DNS domain, this once, whatever is set.",
    )(function)
