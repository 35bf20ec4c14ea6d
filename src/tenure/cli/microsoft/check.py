"""`tenure microsoft check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from tenure.cli.command import json_option
from tenure.cli.exit_codes import ExitCode
from tenure.cli.printing import print_json
from tenure.core.network import ConnectOutcome, DnsOutcome
from tenure.microsoft.check_findings import MEANINGS, Level
from tenure.microsoft.check_record import endpoint_text
from tenure.programs import microsoft_check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.core.network import SrvRecord
    from tenure.microsoft.check_facts import CheckFacts, DomainFacts
    from tenure.microsoft.check_findings import Finding
    from tenure.programs.microsoft_check import CheckReport

_COLORS: Final = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}


@click.command("check")
@click.argument("domains", metavar="[DOMAIN]...", nargs=-1)
@click.option(
    "--dns-server",
    metavar="ADDR[:PORT]",
    help="Ask this DNS server (an IP address) instead of this machine's own.",
)
@click.option(
    "--timeout",
    "seconds",
    default=3.0,
    show_default=True,
    type=click.FloatRange(0.1, 60),
    metavar="SECONDS",
    help="How long one connect, and one question to the DNS, may take.",
)
@json_option
def command(domains: tuple[str, ...], dns_server: str | None, seconds: float, *, as_json: bool) -> int:
    """Find what is wrong on the way from DNS domains to their genuine KMS hosts.

    Looks up the _vlmcs._tcp records of each DOMAIN (default: this machine's DNS suffixes) and their targets, and connects
    to each on its port. The connect sends nothing: it shows that something listens, not that it is a KMS host.

    Exit codes: 0 all is well; 2 no domain, or no address of a DNS server; 3 something is wrong; 4 the DNS could not be
    asked about every domain.
    """
    told = sys.stderr.isatty()
    report = microsoft_check.check(
        domains,
        dns_server=dns_server,
        seconds=seconds,
        tell=lambda text: click.echo(f"{text} ...", err=True) if told else None,
    )
    if as_json:
        print_json(report_json(report))
    else:
        print_report(report)
    return exit_code(report)


def exit_code(report: CheckReport) -> ExitCode:
    """What a script is told."""
    if not report.answered:
        return ExitCode.UNREACHABLE
    return ExitCode.DONE if report.well else ExitCode.REFUSED


def report_json(report: CheckReport) -> dict[str, Any]:
    """The report as `--json` prints it. Fields are append-only."""
    return {
        "well": report.well,
        "dns_server": report.dns_server,
        "suffixes": report.facts.suffixes,
        "domains": [_domain(domain, report.facts) for domain in report.facts.domains],
        "findings": [_finding(finding) for finding in report.findings],
    }


def _domain(domain: DomainFacts, facts: CheckFacts) -> dict[str, Any]:
    return {
        "domain": domain.domain,
        "name": domain.vlmcs.name,
        "dns": domain.vlmcs.outcome.value,
        "dns_milliseconds": round(domain.vlmcs.milliseconds, 1),
        "records": [_record(record, facts) for record in domain.vlmcs.records],
        "records_left_out": domain.left_out,
    }


def _record(record: SrvRecord, facts: CheckFacts) -> dict[str, Any]:
    answer = facts.targets.get(record.target)
    addresses = []
    for address in facts.addresses(record.target):
        seen = facts.connection(address, record.port)
        opened = seen.outcome is ConnectOutcome.OPEN
        addresses.append(
            {
                "address": address,
                "connect": seen.outcome.value,
                "milliseconds": round(seen.milliseconds, 2) if opened else None,
                "detail": seen.detail or None,
            }
        )
    return {
        "target": record.target,
        "port": record.port,
        "priority": record.priority,
        "weight": record.weight,
        "ttl": record.ttl,
        "target_dns": answer.outcome.value if answer is not None else None,
        "alias_of": answer.alias_of if answer is not None else None,
        "addresses": addresses,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.fault.value,
        "level": finding.level.value,
        "title": MEANINGS[finding.fault].title,
        "domain": finding.domain or None,
        "record": finding.record,
        "detail": finding.detail,
        "cure": finding.cure,
        "client_error": finding.client_error,
    }


def print_report(report: CheckReport) -> None:
    """The report for people: each domain as it was seen, then what is wrong with it."""
    _print_findings([finding for finding in report.findings if not finding.domain])
    for domain in report.facts.domains:
        _print_domain(domain, report.facts)
        _print_findings([finding for finding in report.findings if finding.domain == domain.domain])
        click.echo()
    if report.well:
        click.secho("All is well.", fg="green")
        return
    wrong = sum(1 for finding in report.findings if finding.level is not Level.NOTE)
    click.secho(f"{wrong} thing(s) to put right.", fg="red")


def _print_domain(domain: DomainFacts, facts: CheckFacts) -> None:
    click.secho(domain.domain, bold=True)
    records = domain.vlmcs.records
    held = f"{len(records)} record(s)" if domain.vlmcs.outcome is DnsOutcome.FOUND else "no record"
    if not domain.vlmcs.outcome.is_answer:
        held = "no answer"
    click.echo(f"  {domain.vlmcs.name}: {held}, DNS {domain.vlmcs.milliseconds:.0f} ms")
    for record in records:
        click.echo(f"  {record.text}  priority {record.priority}, weight {record.weight}")
        for address in facts.addresses(record.target):
            seen = facts.connection(address, record.port)
            opened = seen.outcome is ConnectOutcome.OPEN
            told = f"open, {seen.milliseconds:.1f} ms" if opened else seen.outcome.value.replace("_", " ")
            click.echo(f"    {endpoint_text(address, record.port)}  {told}")


def _print_findings(findings: Sequence[Finding]) -> None:
    """Findings of one fault together, so that its cure is told once."""
    for fault in dict.fromkeys(finding.fault for finding in findings):
        meaning = MEANINGS[fault]
        level = click.style(f"{meaning.level.value}:", fg=_COLORS[meaning.level], bold=True)
        click.echo(f"  {level} {meaning.title} ({fault.value})")
        found = [finding for finding in findings if finding.fault is fault]
        for finding in found:
            where = f"{finding.record}: " if finding.record else ""
            click.echo(f"    {where}{finding.detail}")
        click.echo(f"    {click.style('cure:', fg='green')} {found[0].cure}")
        if meaning.client_error:
            click.echo(f"    {click.style('clients show:', dim=True)} {meaning.client_error}")
