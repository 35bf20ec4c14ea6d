"""`tenure client tls`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import warn
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs.client_tls import set_tls, tls_rule

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.programs.client_tls import TlsRule

REQUIRED, OFF, SHOW = "required", "off", "show"


@click.command("tls")
@click.argument("rule", type=click.Choice([REQUIRED, OFF, SHOW]), default=SHOW)
@home_option
@json_option
def command(rule: str, home: Path | None, *, as_json: bool) -> None:
    """Demand TLS of all activation hosts, or no longer, or show whether it is demanded.

    `required`: hosts are asked over TLS only, also those that are found in DNS; one that was set with `http://` is
    not asked at all, and a TLS connection that fails is never followed by plain HTTP. `off`: those alone that were
    set with `https://`. Which authorities are trusted: `--ca` of set-host, activate and renew.
    Exit codes: 0 done; 1 the home cannot be written.
    """
    chosen = home_to_write(home)
    told = tls_rule(chosen) if rule == SHOW else set_tls(chosen, required=rule == REQUIRED, warn=warn)
    for host in told.refused:
        warn(
            f"{host.typed} is not asked any more. Set it with TLS: tenure client set-host https://{host.text}"
        )
    if as_json:
        print_json(_json(told))
        return
    print_facts(
        [
            ("TLS", "required" if told.required else "only with hosts that were set with https://"),
            ("trusted", str(told.ca) if told.ca else "the authorities of the system"),
        ]
    )


def _json(told: TlsRule) -> dict[str, object]:
    return {
        "tls": REQUIRED if told.required else OFF,
        "ca": str(told.ca) if told.ca else None,
        "refused_hosts": [host.text for host in told.refused],
    }
