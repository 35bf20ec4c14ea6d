"""`tenure client check-host`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tenure.cli.client.finding import lookup_options
from tenure.cli.client.telling import warn
from tenure.cli.command import ca_option, home_option, json_option
from tenure.cli.exit_codes import ExitCode, exit_code_of
from tenure.cli.printing import error_json, print_error, print_facts, print_json, timestamp
from tenure.client.host_address import parse_host
from tenure.core.network import ConnectOutcome
from tenure.programs.check_host import check_hosts
from tenure.programs.discovery import Lookup
from tenure.wire.printable import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.client.check_host import FoundCertificate, HostCheck, Prospect, Reached


@click.command("check-host")
@click.argument("hosts", nargs=-1, metavar="[HOST[:PORT]]...")
@lookup_options
@ca_option
@home_option
@json_option
def command(
    hosts: tuple[str, ...],
    domain: str | None,
    dns_server: str | None,
    home: Path | None,
    *,
    ca: str | None,
    as_json: bool,
) -> int:
    """Test the contact to activation hosts, and tell what activating would do; nothing is counted or changed.

    Without HOST those that activating would ask are tested: set by set-host, else found in the DNS. Name, addresses,
    port, TLS, clocks, certificates (verified by the catalogs that this machine knows), counts, then each installed
    product. A --ca is for this test alone.

    Exit codes: 0 every installed product would get a lease from every host; else of the first that would not:
    2 a HOST is none; 3 a rule would refuse, or the count is short; 4 no host was found, it cannot be reached,
    or says that it cannot now; 5 its certificate, or that of its TLS, does not verify.
    """
    checks = check_hosts(
        home,
        [parse_host(host) for host in hosts],
        warn=warn,
        lookup=Lookup(domain=domain, dns_server=dns_server),
        ca=ca,
    )
    if as_json:
        print_json({"hosts": [_json(check) for check in checks]})
    else:
        for check in checks:
            _print(check)
    troubles = [check.trouble for check in checks if check.trouble is not None]
    return exit_code_of(troubles[0]) if troubles else ExitCode.DONE


def _print(check: HostCheck) -> None:
    click.echo(click.style(check.host.text, bold=True))
    if check.found is not None:
        print_facts([("found in", f"the DNS of {check.found.domain}, priority {check.found.priority}")])
    print_facts([("address", _address(one)) for one in check.reached])
    if check.tls is not None:
        shown = check.tls.certificate
        print_facts(
            [
                ("TLS", check.tls.version),
                ("TLS names", ", ".join(map(one_line, shown.names)) or "none"),
                ("TLS until", timestamp(shown.not_after)),
            ]
        )
    if check.failure is not None:
        print_error(check.failure)
        return
    health = check.health
    if health is not None and check.clock_difference is not None:
        print_facts(
            [
                ("host id", health.host_id),
                ("version", one_line(health.version)),
                ("clock", f"{timestamp(health.time)} ({_difference(check.clock_difference)})"),
            ]
        )
        print_facts(
            [
                ("pool", f"{one_line(p.pool)}: {p.count:,} of {p.threshold:,} machines")
                for p in health.pools or ()
            ]
        )
    print_facts([("certificate", _certificate(one)) for one in check.certificates])
    if not check.prospects:
        click.echo("No product key is installed on this machine, so nothing would be asked for.")
    for prospect in check.prospects:
        _print_prospect(prospect)


def _print_prospect(prospect: Prospect) -> None:
    if prospect.refusal is None:
        click.echo(f"{prospect.product}: {click.style('would get a lease', fg='green')}")
        return
    click.echo(f"{prospect.product}: {click.style('would get no lease', fg='yellow')}")
    print_error(prospect.refusal)


def _address(one: Reached) -> str:
    connection = one.connection
    if connection.outcome is ConnectOutcome.OPEN:
        return f"{one.address} answers in {connection.milliseconds:.1f} ms"
    detail = f" ({connection.detail})" if connection.detail else ""
    return f"{one.address} {connection.outcome.value.replace('_', ' ')}{detail}"


def _certificate(one: FoundCertificate) -> str:
    if one.problem is not None:
        trust = f"NOT VERIFIED: {one.problem.detail}"
    elif one.publisher is None:
        trust = "not verified: no catalog of its publisher is known here"
    else:
        trust = f"verified by {one.publisher}"
    trial = ", for trials" if one.claimed.trial else ""
    org = f"{one_line(one.claimed.org)}, " if one.claimed.org else ""
    return f"{org}until {timestamp(one.claimed.exp)}{trial}; {trust}"


def _difference(seconds: int) -> str:
    if not seconds:
        return "as here"
    return f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} this machine's"


def _json(check: HostCheck) -> dict[str, Any]:
    health = check.health
    return {
        "host": check.host.text,
        "url": check.url,
        "found": {"domain": check.found.domain, "priority": check.found.priority} if check.found else None,
        "addresses": [
            {
                "address": one.address,
                "outcome": one.connection.outcome.value,
                "milliseconds": round(one.connection.milliseconds, 1),
            }
            for one in check.reached
        ],
        "tls": {
            "version": check.tls.version,
            "names": [one_line(name) for name in check.tls.certificate.names],
            "not_before": timestamp(check.tls.certificate.not_before),
            "expires": timestamp(check.tls.certificate.not_after),
        }
        if check.tls
        else None,
        "host_id": health.host_id if health else None,
        "version": one_line(health.version) if health else None,
        "time": timestamp(health.time) if health else None,
        "clock_difference_seconds": check.clock_difference,
        "pools": [
            {
                "publisher_id": p.publisher_id,
                "pool": one_line(p.pool),
                "count": p.count,
                "threshold": p.threshold,
            }
            for p in (health.pools if health else None) or ()
        ],
        "certificates": [
            {
                "publisher_id": one.claimed.publisher_id,
                "publisher": one.publisher,
                "org": one_line(one.claimed.org),
                "trial": one.claimed.trial,
                "expires": timestamp(one.claimed.exp),
                "verified": one.verified,
                "problem": one.problem.code.value if one.problem else None,
            }
            for one in check.certificates
        ],
        "products": [
            {
                "product_id": one.product_id,
                "product": one.product,
                "count": one.count,
                "threshold": one.threshold,
                "would_be_licensed": one.refusal is None,
                **(error_json(one.refusal) if one.refusal else {"error": None}),
            }
            for one in check.prospects
        ],
        **(error_json(check.failure) if check.failure else {"error": None}),
    }
