"""`tenure host publish-dns`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.exit_codes import ExitCode, exit_code_of
from tenure.cli.printing import error_json, print_error, print_json, print_table
from tenure.core.errors import Code, UsageError
from tenure.host.dns_options import DnsOptions
from tenure.programs import host_dns

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.core.network import SrvRecord
    from tenure.host.dns_by_hand import ByHand
    from tenure.host.publishing import ZoneOutcome
    from tenure.programs.dns_publisher import DnsRun


def _record_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What is published, and where."""
    for option in reversed(
        (
            click.option("--zone", "zones", multiple=True, metavar="DOMAIN", help="Where machines look; repeat it for several."),
            click.option("--server", metavar="ADDRESS[:PORT]", help="The DNS server that takes updates: the zone's primary."),
            click.option(
                "--tsig-key",
                "key_file",
                type=click.Path(dir_okay=False, path_type=Path),
                metavar="FILE",
                help="The key that signs updates, as tsig-keygen writes it (hmac-sha256, -sha384 or -sha512).",
            ),
            click.option("--target", metavar="NAME", help="This host's name (default: the machine's, with its DNS suffix)."),
            click.option("--target-port", "port", type=int, help="Its port (default: where the host listens, else 1688)."),
            click.option("--priority", type=int, help="0 to 65535; machines ask hosts of the lowest first (default 0)."),
            click.option("--weight", type=int, help="0 to 65535; its share among hosts of one priority (default 0: even)."),
            click.option("--ttl", type=int, help="Seconds for which DNS servers keep the record (default 3600)."),
            click.option("--label", metavar="LABEL", help="The service's label (default _tenure; _vlmcs is refused)."),
            click.option("--address", "addresses", multiple=True, metavar="IP", help="Publish this address of the host, too."),
            click.option(
                "--addresses/--no-addresses",
                "own_address",
                default=None,
                help="Publish the address from which this machine reaches the DNS server, too; or none.",
            ),
        )
    ):  # fmt: skip
        function = option(function)
    return function


@click.command("publish-dns")
@_record_options
@click.option(
    "--save",
    is_flag=True,
    help="Keep these options; the host publishes itself from now on, at its start and daily.",
)
@click.option("--remove", is_flag=True, help="Take this host's records back, and publish no more.")
@click.option("--print", "print_", is_flag=True, help="Show what to enter by hand; no DNS server is asked.")
@home_option
@json_option
def command(
    *,
    save: bool,
    remove: bool,
    print_: bool,
    home: Path | None,
    as_json: bool,
    key_file: Path | None,
    **given: Any,
) -> int:
    """Publish this host in the DNS, so that machines find it: by dynamic update, signed with a TSIG key.

    What is not given is taken from what was saved (--save). Other hosts' records are never touched; a record of this
    host's that changed replaces the one before. What the server holds afterwards is shown.

    Exit codes: 0 done; 2 usage; 3 the DNS server refuses (update, zone or key), or the label is Microsoft's; 4 it gives
    no answer or fails; 5 its answer is not signed; 1 the key or the home cannot be read. With several zones the first
    failure's.
    """  # fmt: skip
    if save + remove + print_ > 1:
        raise UsageError(
            Code.INVALID_ARGUMENT, "--save, --remove and --print exclude one another.", "Give one."
        )
    options = DnsOptions(key_file=str(key_file.absolute()) if key_file is not None else None, **given)
    at = home_to_write(home)
    if print_:
        plan, entries = host_dns.show_by_hand(at, options)
        return _show_by_hand(entries, plan.service.target, as_json=as_json)
    done = host_dns.retire_host(at, options) if remove else host_dns.publish_host(at, options, save=save)
    if as_json:
        print_json(_facts(done, saved=save))
    else:
        _tell(done, saved=save)
    return ExitCode.DONE if done.error is None else exit_code_of(done.error)


def _facts(done: DnsRun, *, saved: bool) -> dict[str, Any]:
    facts = {
        "server": done.server,
        "saved": saved,
        "zones": [
            {
                "zone": outcome.zone,
                "name": outcome.name,
                "published": [record.line for record in outcome.added],
                "removed": [record.line for record in outcome.removed],
                "records": [
                    {
                        "priority": record.priority,
                        "weight": record.weight,
                        "port": record.port,
                        "target": record.target,
                        "ttl": record.ttl,
                        "this_host": _is_own(record, outcome),
                    }
                    for record in outcome.records
                ],
                "addresses": list(outcome.addresses) if outcome.addresses is not None else None,
                **(error_json(outcome.error) if outcome.error is not None else {"error": None}),
            }
            for outcome in done.outcomes
        ],
        "warnings": list(done.warnings),
    }
    return facts if done.error is None else facts | error_json(done.error)


def _tell(done: DnsRun, *, saved: bool) -> None:
    for outcome in done.outcomes:
        if outcome.error is not None:
            continue
        for record in outcome.removed:
            click.echo(f"Removed: {record.line}")
        for record in outcome.added:
            click.echo(f"Published: {record.line}")
        rows = [
            (r.priority, r.weight, r.target, r.port, r.ttl, "yes" if _is_own(r, outcome) else "")
            for r in outcome.records
        ]
        columns = ("priority", "weight", "target", "port", "ttl", "this host")
        print_table(f"{outcome.name} at {done.server} now", columns, rows)
        if outcome.addresses:
            click.echo(f"{done.plan.service.target} has: {', '.join(outcome.addresses)}")
    # A silent server's error is one, however many zones it keeps waiting.
    for error in dict.fromkeys(outcome.error for outcome in done.outcomes if outcome.error is not None):
        print_error(error)
    for warning in done.warnings:
        click.echo(f"{click.style('warning:', fg='yellow')} {warning}", err=True)
    if saved:
        click.echo(
            "Saved. The host publishes itself at its start and every 24 hours: tenure host status tells how it went."
        )


def _is_own(record: SrvRecord, outcome: ZoneOutcome) -> bool:
    data = f"{record.priority} {record.weight} {record.port} {record.target}."
    return any(own.type == "SRV" and own.data == data for own in outcome.added)


def _show_by_hand(entries: tuple[ByHand, ...], target: str, *, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                "target": target,
                "zones": [
                    {
                        "zone": entry.zone,
                        "zone_file": entry.zone_file,
                        "nsupdate": entry.nsupdate,
                        "powershell": entry.powershell,
                        "bind": entry.bind,
                    }
                    for entry in entries
                ],
            }
        )
        return ExitCode.DONE
    for entry in entries:
        for title, text in (
            (f"The lines of a zone file, for {entry.zone}:", entry.zone_file),
            ("With nsupdate -k KEYFILE:", entry.nsupdate),
            ("On a Microsoft DNS server, in an elevated PowerShell:", entry.powershell),
            (f"In BIND's zone statement of {entry.zone}, so that this host may do it itself:", entry.bind),
        ):
            click.echo(f"{click.style(title, bold=True)}\n\n{text}")
    return ExitCode.DONE
