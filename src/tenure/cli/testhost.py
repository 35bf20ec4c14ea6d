"""`tenure-testhost`: for writers of clients."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import click

from tenure.cli.command import json_option, run
from tenure.cli.printing import print_json, print_table
from tenure.programs import testhost

_case_argument = click.argument("names", metavar="[CASE]...", nargs=-1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """A host that misbehaves on request, and the cases that every client of Tenure's protocol must pass.

    `tenure-testhost list` names them; `run` runs a client against them; `serve` plays one for you to look at.
    """


@command.command("list")
@json_option
def list_cases(*, as_json: bool) -> None:
    """Name the cases, each with the rule that it tries."""
    cases = testhost.chosen(())
    if as_json:
        print_json({"cases": [{"name": c.name, "why": c.why, "steps": len(c.steps)} for c in cases]})
        return
    print_table(
        "Conformance cases", ("case", "steps", "rule"), [(c.name, len(c.steps), c.why) for c in cases]
    )


@command.command("run")
@_case_argument
@click.option(
    "--client", "client", required=True, metavar="COMMAND", help="What starts the client under test."
)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Cases at a time.")
@json_option
def run_cases(*, names: tuple[str, ...], client: str, jobs: int, as_json: bool) -> None:
    """Run a client against the cases (all of them by default), and say what it did otherwise.

    The client is run once for each step. Its environment names the host, the catalog, the root, the product, the key and a
    folder of its own (docs/how-to/write-a-client.md). Exit 0: it passed them all; 1: it did not.
    """
    cases = testhost.chosen(names)
    seen: list[testhost.Seen] = []
    with click.progressbar(
        testhost.run(client, cases, jobs=jobs),
        length=len(cases),
        file=sys.stderr,
        hidden=as_json or not sys.stderr.isatty(),
    ) as running:
        seen.extend(running)
    failed = [one for one in seen if one.fault is not None]
    if as_json:
        print_json(
            {
                "passed": len(seen) - len(failed),
                "failed": len(failed),
                "cases": [{"name": one.case.name, "fault": one.fault, "step": one.step} for one in seen],
            }
        )
    else:
        rows = [(one.case.name, f"step {one.step}: {one.fault}" if one.fault else "passed") for one in seen]
        print_table("Conformance", ("case", "outcome"), rows)
        click.echo(f"{len(seen) - len(failed)} of {len(seen)} cases passed.")
    if failed:
        sys.exit(1)


@command.command("serve")
@click.argument("name", metavar="CASE")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(),
    help="Where catalog.json and root.jwk are written (default: here).",
)
def serve(*, name: str, folder: Path) -> None:
    """Serve the first step of a case until Ctrl-C; its keys are new each time, and worth nothing elsewhere."""
    (case,) = testhost.chosen((name,))
    with testhost.serve_case(case, folder) as url:
        click.echo(f"{case.name}: {case.why}")
        click.echo(
            f"The host answers at {url}; catalog.json and root.jwk are in {folder.absolute()}. Ctrl-C ends it."
        )
        threading.Event().wait()


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(command))


if __name__ == "__main__":
    main()
