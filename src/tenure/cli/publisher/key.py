"""`tenure publisher key`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, print_table, timestamp
from tenure.programs import publisher

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.publisher.keys import KeyReport


@click.group("key")
def command() -> None:
    """Product keys: issue them, and see who holds them."""


@command.command("issue")
@click.option("--type", "kind", type=click.Choice(["host", "generic"]), required=True)
@click.option("--product", help="For a generic key: the product's id or name.")
@click.option(
    "--pool", "pools", multiple=True, help="For a host key: only this pool; may be repeated (default: all)."
)
@click.option("--customer", default="", help="Who gets it; stands in the host's certificate.")
@click.option("--agreement", default="", help="Under which agreement.")
@click.option("--trial", is_flag=True, help="For rehearsals: machines of `tenure fleet` are let in.")
@home_option
@json_option
def issue(
    *,
    kind: str,
    product: str | None,
    pools: tuple[str, ...],
    customer: str,
    agreement: str,
    trial: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Issue a host key, or show the generic key of a product.

    A host key is a secret: it is printed this once and kept nowhere. A generic key is public and ships with the product.
    """
    chosen = home_to_write(home)
    if kind == "generic":
        text, found = publisher.generic_key(chosen, product)
        if as_json:
            print_json(
                {
                    "key": text,
                    "key_id": None,
                    "type": kind,
                    "product_id": found.product_id,
                    "activations": None,
                }
            )
        else:
            click.echo(f"{text}  (the generic key of {found.name}; public)")
        return
    key, issued = publisher.issue_host_key(
        chosen, pools=pools, customer=customer, agreement=agreement, trial=trial
    )
    if as_json:
        print_json(
            {
                "key": key.text,
                "key_id": issued.key_id,
                "type": kind,
                "product_id": None,
                "activations": issued.limit,
            }
        )
        return
    click.secho(key.text, bold=True)
    print_facts([("key id", issued.key_id), ("hosts", issued.limit), ("customer", customer or None)])
    click.echo("Give it to the customer on a safe way; it cannot be shown again.")


@command.command("list")
@home_option
@json_option
def list_(*, home: Path | None, as_json: bool) -> None:
    """All secret keys that were issued."""
    reports = publisher.list_keys(home_to_write(home))
    if as_json:
        print_json({"keys": [_facts(report) for report in reports]})
        return
    print_table(
        "Keys",
        ("key id", "type", "key", "customer", "agreement", "used", "issued"),
        [
            (
                r.key.key_id,
                r.key.type.label,
                f"...{r.key.partial}",
                r.key.customer or None,
                r.key.agreement or None,
                f"{r.used} of {r.key.limit}",
                timestamp(r.key.issued_at),
            )
            for r in reports
        ],
    )


@command.command("show")
@click.argument("key_id")
@home_option
@json_option
def show(*, key_id: str, home: Path | None, as_json: bool) -> None:
    """One key: how much of it is used, and who holds it."""
    report = publisher.show_key(home_to_write(home), key_id)
    if as_json:
        print_json(_facts(report))
        return
    print_facts(
        [
            ("key", f"...{report.key.partial} ({report.key.type.label})"),
            ("customer", report.key.customer or None),
            ("used", f"{report.used} of {report.key.limit}"),
            ("issued", timestamp(report.key.issued_at)),
        ]
    )
    print_table(
        "Holders",
        ("activation id", "host", "activations", "last"),
        [(h.activation_id, h.seat.host_id, h.seat.activations, timestamp(h.at)) for h in report.holders],
    )


def _facts(report: KeyReport) -> dict[str, object]:
    return {
        "key_id": report.key.key_id,
        "type": report.key.type.label,
        "partial_key": report.key.partial,
        "pools": report.key.pools,
        "customer": report.key.customer,
        "agreement": report.key.agreement,
        "trial": report.key.trial,
        "blocked": report.key.blocked,
        "issued": timestamp(report.key.issued_at),
        "activations": report.key.limit,
        "used": report.used,
        "left": report.left,
        "holders": [
            {
                "activation_id": holder.activation_id,
                "sub": holder.seat.host_id,
                "fpr": holder.seat.fingerprint,
                "at": timestamp(holder.at),
            }
            for holder in report.holders
        ],
    }
