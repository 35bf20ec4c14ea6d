"""`tenure fleet`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tenure.cli.command import ca_option, json_option
from tenure.cli.exit_codes import ExitCode
from tenure.cli.printing import print_facts, print_json, print_table
from tenure.client.host_address import parse_host
from tenure.programs import fleet
from tenure.programs.contact import SYSTEM_CA
from tenure.programs.fleet import ASKING_AT_ONCE, MOST_AT_ONCE, FleetReport, Outcome


@click.command("fleet")
@click.option("--machines", required=True, type=click.IntRange(1, 1_000_000), help="How many machines.")
@click.option("--host", "address", required=True, metavar="URL", help="The host; it must be a trial's.")
@click.option("--product", required=True, metavar="ID", help="The product's id or exact name.")
@click.option(
    "--catalog",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The publisher's catalog. [default: $TENURE_CATALOG, else the one with this product in the homes]",
)
@click.option("--wait", is_flag=True, help="Let every machine wait until the threshold is reached.")
@click.option(
    "--seconds",
    default=120.0,
    show_default=True,
    type=click.FloatRange(0, 86_400, min_open=True),
    help="End the run after so long.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 20_000),
    help=f"Machines that ask at once. [default: {ASKING_AT_ONCE}; with --wait all, up to {MOST_AT_ONCE:,}]",
)
@ca_option
@json_option
def command(
    *,
    machines: int,
    address: str,
    product: str,
    catalog: Path | None,
    seconds: float,
    concurrency: int | None,
    wait: bool,
    ca: str | None,
    as_json: bool,
) -> int:
    """Activate N machines that do not exist, with the real client, at a trial host: demo, rehearsal, load.

    With --wait, --concurrency below the host's threshold leaves the first machines waiting for the others.
    Exit codes: 0 all licensed; 3 some wait or were refused, or the host is no trial's; 4 some got no answer.
    """
    at_once = concurrency or min(machines, MOST_AT_ONCE if wait else ASKING_AT_ONCE)
    prepared = fleet.prepare(
        parse_host(address), product, catalog=catalog, connections=at_once, ca=ca or SYSTEM_CA
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[licensed]} licensed"),
        TimeElapsedColumn(),
    )
    licensed = 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(prepared.product.name, total=machines, licensed=0)

        def done(outcome: Outcome) -> None:
            nonlocal licensed
            licensed += outcome is Outcome.LICENSED
            progress.update(task, advance=1, licensed=licensed)

        report = fleet.run(prepared, machines, wait=wait, seconds=seconds, at_once=at_once, done=done)
    if as_json:
        print_json(_json(report, machines))
    else:
        _print(report, prepared.product.name)
    return _exit_code(report)


def _json(report: FleetReport, machines: int) -> dict[str, object]:
    return {
        "machines": machines,
        **{outcome.value: report.total(outcome) for outcome in Outcome},
        "codes": {code: number for (_, code), number in sorted(report.outcomes.items()) if code},
        "seconds": round(report.seconds, 3),
        "answers": report.answers,
        "answers_per_second": round(report.answers_per_second, 1),
        "latency_ms": {"p50": _rounded(report.p50_ms), "p99": _rounded(report.p99_ms)},
    }


def _print(report: FleetReport, product: str) -> None:
    rows = [
        (outcome.value, f"{number:,}", code or None)
        for (outcome, code), number in sorted(report.outcomes.items())
    ]
    print_table(f"Machines with {product}", ("status", "machines", "code"), rows)
    print_facts(
        [
            ("time", f"{report.seconds:.1f} s"),
            ("answers", f"{report.answers:,} ({report.answers_per_second:,.0f} a second)"),
            ("latency p50", None if report.p50_ms is None else f"{report.p50_ms:,.1f} ms"),
            ("latency p99", None if report.p99_ms is None else f"{report.p99_ms:,.1f} ms"),
        ]
    )
    if report.total(Outcome.WAITING):
        click.echo("Some still wait for the threshold. Let them: --wait; or send more: --machines.")


def _exit_code(report: FleetReport) -> int:
    if report.total(Outcome.UNREACHABLE):
        return ExitCode.UNREACHABLE
    if report.total(Outcome.WAITING) or report.total(Outcome.REFUSED):
        return ExitCode.REFUSED
    return ExitCode.DONE


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 2)
