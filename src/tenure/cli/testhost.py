"""`tenure-testhost`: for writers of clients."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from tenure.cli.command import json_option, run
from tenure.cli.exit_codes import ExitCode
from tenure.cli.printing import print_facts, print_json, print_table
from tenure.conformance.case import EXIT_CODES
from tenure.programs import testhost
from tenure.programs.client_under_test import STEP_SECONDS, client_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.conformance.case import Case

_only_option = click.option(
    "--only", "pattern", metavar="PATTERN", help="Cases whose name is like this, such as 'wrong-*'."
)
_seconds_option = click.option(
    "--seconds",
    "patience",
    type=click.FloatRange(0.1, 600),
    default=testhost.PATIENCE_SECONDS,
    show_default=True,
    help="For how long the client waits for a whole answer; it is told in TENURE_TEST_SECONDS.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def command() -> None:
    """A host that misbehaves on request, and the cases that every client of Tenure's protocol must pass.

    `tenure-testhost list` names them; `run` runs a client against them; `serve` plays one for you to look at.
    """


@command.command("list")
@_only_option
@json_option
def list_cases(*, pattern: str | None, as_json: bool) -> None:
    """Name the cases: what the host does, and what a client does that does right.

    Exit codes: 0 listed; 2 no case is like the pattern.
    """
    cases = testhost.chosen(pattern=pattern)
    if as_json:
        print_json({"cases": [_case_json(case) for case in cases]})
        return
    rows = [(case.name, case.host, case.expected, case.why) for case in cases]
    print_table("Conformance cases", ("case", "the host", "the client, step by step", "rule"), rows)


@command.command("run")
@click.option(
    "--client", "client", required=True, metavar="COMMAND", help="What starts the client under test."
)
@click.option(
    "--stay", "stays", is_flag=True, help="The client stays: each step is a line of JSON to it, and one back."
)
@click.option("--case", "names", metavar="NAME", multiple=True, help="This case; may be given several times.")
@_only_option
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Cases at a time.")
@_seconds_option
@json_option
def run_cases(
    *,
    client: str,
    stays: bool,
    names: tuple[str, ...],
    pattern: str | None,
    jobs: int,
    patience: float,
    as_json: bool,
) -> int:
    """Run a client against the cases (all of them by default), and say what it did otherwise.

    The client is run once for each step. Its environment names the host, the catalog, the root, the product, the key, the
    time that it waits, and a folder of its own (docs/how-to/write-a-client.md). One that starts slowly can --stay.

    Exit codes: 0 it passed them all; 2 there is no such case, or the client cannot be started; 3 it failed some.
    """
    cases = testhost.chosen(names, pattern=pattern)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeElapsedColumn(),
    )
    seen: list[testhost.Seen] = []
    failed: list[testhost.Seen] = []
    with (
        client_of(client, seconds=STEP_SECONDS + patience, stays=stays) as under_test,
        Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress,
    ):
        task = progress.add_task("Conformance", total=len(cases), failed=0)
        for one in testhost.run(under_test, cases, jobs=jobs, patience=patience):
            seen.append(one)
            failed += [one] if one.fault is not None else []
            progress.update(task, advance=1, failed=len(failed))
    if as_json:
        print_json(
            {
                "passed": len(seen) - len(failed),
                "failed": len(failed),
                "cases": [_seen_json(one) for one in seen],
            }
        )
    else:
        _print_seen(seen, failed)
    return ExitCode.REFUSED if failed else ExitCode.DONE


@command.command("serve")
@click.argument("name", metavar="CASE")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(),
    help="Where catalog.json and root.jwk are written (default: here).",
)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="The port (default: a free one).")
@_seconds_option
def serve(*, name: str, folder: Path, port: int, patience: float) -> None:
    """Serve the first step of a case until Ctrl-C; its keys are new each time, and worth nothing elsewhere."""
    (case,) = testhost.chosen((name,))
    with testhost.serve_case(case, folder, port=port, patience=patience) as variables:
        click.echo(f"{case.name}: the host {case.host}.")
        click.echo(f"A client that does right {case.steps[0].expected}. {case.why}")
        click.echo("It answers until Ctrl-C. What a client needs:")
        for variable, value in variables.items():
            click.echo(f"export {variable}='{value}'")
        click.echo("export TENURE_TEST_STATE=$(mktemp -d)")
        threading.Event().wait()


def _case_json(case: Case) -> dict[str, object]:
    steps = [
        {
            "outcome": step.outcome.value,
            "exit_code": EXIT_CODES[step.outcome],
            "licensed": step.licensed,
        }
        for step in case.steps
    ]
    return {
        "name": case.name,
        "host": case.host,
        "expected": case.expected,
        "why": case.why,
        "steps": steps,
    }


def _seen_json(one: testhost.Seen) -> dict[str, object]:
    fault = one.fault
    return {
        "name": one.case.name,
        "passed": fault is None,
        "step": one.step,
        "did": fault.did if fault else None,
        "expected": fault.expected if fault else None,
        "words": one.words or None,
    }


def _print_seen(seen: Sequence[testhost.Seen], failed: Sequence[testhost.Seen]) -> None:
    rows = [
        (
            one.case.name,
            Text("passed", "green")
            if one.fault is None
            else Text(f"failed at step {one.step} of {len(one.case.steps)}", "bold red"),
        )
        for one in seen
    ]
    print_table("Conformance", ("case", "outcome"), rows)
    for one in failed:
        click.echo(f"\n{click.style(one.case.name, fg='red', bold=True)}: the host {one.case.host}.")
        print_facts(
            [
                ("rule", one.case.why),
                ("at step", f"{one.step} of {len(one.case.steps)}"),
                ("the client", one.fault.did if one.fault else None),
                ("expected", one.fault.expected if one.fault else None),
                ("its last words", one.words or None),
                ("look at it", f"tenure-testhost serve {one.case.name}"),
            ]
        )
    click.echo(f"\n{len(seen) - len(failed)} of {len(seen)} cases passed.")


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(command))


if __name__ == "__main__":
    main()
