"""`tenure microsoft rollout`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.cli.command import json_option
from tenure.cli.exit_codes import ExitCode
from tenure.cli.printing import print_facts, print_json
from tenure.core.errors import Code, UsageError
from tenure.microsoft.rollout import AGREEMENT, DomainTarget, HostTarget, parse_domain, parse_host
from tenure.microsoft.rollout_files import Format
from tenure.programs import microsoft_rollout

if TYPE_CHECKING:
    from tenure.microsoft.rollout import Plan, Target
    from tenure.microsoft.rollout_files import RolloutFile

_SHOWN_REFUSALS = 20


@click.command(
    "rollout",
    epilog="Exit codes: 0 every machine is in the scripts; 2 usage; 3 some lines were refused (the scripts leave them out); "
    "1 the folder cannot be written.",
)
@click.argument("machines", required=False, type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--product", help="Instead of a list: one product, such as 'Windows 11'.")
@click.option("--edition", default="", help="Its edition, such as Pro.")
@click.option("--name", "names", multiple=True, help="A machine of it; may be repeated.")
@click.option("--host", help="Your own KMS host, NAME or NAME:PORT. There is no default.")
@click.option("--domain", help="Or the DNS domain whose _vlmcs._tcp record names your host.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice([one.value for one in Format]),
    help="What to write; may be repeated (default: all).",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the files (default: print them).",
)
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A newer table of keys (see `microsoft keys`).",
)
@json_option
def command(
    *,
    machines: Path | None,
    product: str | None,
    edition: str,
    names: tuple[str, ...],
    host: str | None,
    domain: str | None,
    formats: tuple[str, ...],
    out: Path | None,
    data: Path | None,
    as_json: bool,
) -> int:
    r"""Scripts that make machines volume clients of your own genuine KMS host.

    MACHINES is a CSV with the columns name,product,edition (`-`: standard input). Each edition gets its generic key in a
    .cmd, a PowerShell script, an Ansible playbook and a start-up script for group policy. Each script checks what it did,
    converts no edition, and tells by exit codes. Volume activation needs an agreement with Microsoft.

    \b
    tenure microsoft rollout machines.csv --host kms01.example.com --out rollout
    tenure microsoft rollout --product "Windows 11" --edition Pro --domain example.com --format powershell
    """
    if (machines is None) == (product is None):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "Either a list of machines or one product is rolled out.",
            "Give MACHINES, a CSV with the columns name,product,edition; or --product and --edition.",
        )
    if machines is not None:
        listed = microsoft_rollout.read_machines(machines)
    else:
        listed = microsoft_rollout.machines_of(names, product=product or "", edition=edition)
    plan = microsoft_rollout.plan_rollout(listed, target=_target(host, domain), data=data)
    files = microsoft_rollout.make_files(plan, [Format(one) for one in formats or list(Format)], out)
    if as_json:
        print_json(_facts(plan, files, out))
    else:
        _tell(plan, files, out)
    return ExitCode.REFUSED if plan.refused or not plan.editions else ExitCode.DONE


def _target(host: str | None, domain: str | None) -> Target:
    if (host is None) == (domain is None):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "Clients are told one KMS host, or one DNS domain that names it; there is no default.",
            "Give --host kms01.example.com, or --domain example.com.",
        )
    return parse_host(host) if host is not None else parse_domain(domain or "")


def _tell(plan: Plan, files: list[RolloutFile], out: Path | None) -> None:
    _tell_refused(plan)
    if out is None:
        for file in files:
            click.echo(f"==== {file.name} ====")
            click.echo(file.text.replace("\r\n", "\n").lstrip("\ufeff"))
        return
    if files:
        print_facts(
            [
                ("asks", plan.target),
                *((one.label, f"{one.key}, {len(one.machines):,} machines") for one in plan.editions),
                ("folder", out),
                ("files", ", ".join(file.name for file in files)),
            ]
        )
        click.echo(AGREEMENT)


def _tell_refused(plan: Plan) -> None:
    for one in plan.refused[:_SHOWN_REFUSALS]:
        where = f"line {one.machine.line}: " if one.machine.line else ""
        click.echo(f"{click.style('refused:', fg='red')} {where}{one.reason} {one.cure}", err=True)
    if len(plan.refused) > _SHOWN_REFUSALS:
        click.echo(
            f"and {len(plan.refused) - _SHOWN_REFUSALS:,} more lines; --json lists them all.", err=True
        )


def _facts(plan: Plan, files: list[RolloutFile], out: Path | None) -> dict[str, object]:
    match plan.target:
        case HostTarget(name, port):
            target: dict[str, object] = {"host": name, "port": port, "domain": None}
        case DomainTarget(domain):
            target = {"host": None, "port": None, "domain": domain}
    return {
        "target": target,
        "editions": [
            {
                "product": one.rows[0].product,
                "edition": one.rows[0].edition,
                "label": one.label,
                "key": one.key,
                "machines": one.machines,
            }
            for one in plan.editions
        ],
        "files": [
            {
                "name": file.name,
                "format": file.format.value if file.format else None,
                **({"path": str(out / file.name)} if out is not None else {"text": file.text}),
            }
            for file in files
        ],
        "refused": [
            {
                "line": one.machine.line or None,
                "name": one.machine.name,
                "product": one.machine.product,
                "edition": one.machine.edition,
                "reason": one.reason,
                "cure": one.cure,
            }
            for one in plan.refused
        ],
        "table_as_of": plan.table_as_of,
        "agreement": AGREEMENT,
    }
