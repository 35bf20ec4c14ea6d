"""`tenure publisher key list`, `show` and `edit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_csv, print_facts, print_json, print_table, timestamp
from tenure.core.enrolment import HostSeat
from tenure.core.product_key import KeyType
from tenure.programs import publisher
from tenure.publisher.key_records import KeyOrder, KeyQuery
from tenure.publisher.told import key_details, key_facts
from tenure.wire.administration import KeyFacts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tenure.publisher.key_records import KeyReport
    from tenure.publisher.store import Holder


SHOWN_OF_AN_ID: Final = 10
"""Characters of a key id in a table: 60 bits, so that hardly ever two of a million keys begin so; `show` takes them."""

# A key id may begin with a dash, which is no option then; not even -h.
ID_ARGUMENT: Final = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@click.command("list")
@click.argument("text", nargs=-1)
@click.option("--customer", default="", help="Only keys of customers with this in their name.")
@click.option("--agreement", default="", help="Only keys under agreements with this in them.")
@click.option(
    "--type",
    "label",
    type=click.Choice([kind.label for kind in KeyType if kind.secret]),
    help="Only keys of this type.",
)
@click.option("--product", default="", help="Only keys of this product: its id, or a part of its name.")
@click.option(
    "--holder", default="", metavar="ID", help="Only keys that this host or machine holds: id or fingerprint."
)
@click.option("--partial", default="", metavar="LAST5", help="Only keys that end so.")
@click.option(
    "--sort",
    "order",
    type=click.Choice([order.value for order in KeyOrder]),
    default=KeyOrder.ISSUED.value,
    show_default=True,
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many, the last ones.")
@click.option("--csv", "csv_path", metavar="FILE", help="Write CSV into FILE; - is standard output.")
@home_option
@json_option
def list_(
    *,
    text: tuple[str, ...],
    customer: str,
    agreement: str,
    label: str | None,
    product: str,
    holder: str,
    partial: str,
    order: str,
    limit: int | None,
    csv_path: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """All secret keys that were issued, or those in which every word of TEXT stands somewhere.

    Words and names may be parts, in capital or small letters. The table shows the beginning of each key id, which every
    command takes for the whole.
    """
    if csv_path is not None and as_json:
        raise click.UsageError("--csv and --json are two formats: leave one out.")
    query = KeyQuery(
        customer=customer,
        agreement=agreement,
        type=KeyType[label.upper()] if label is not None else None,
        product=product,
        holder=holder,
        partial=partial,
        text=" ".join(text),
    )
    found = publisher.list_keys(home_to_write(home), query, order=KeyOrder(order))
    shown = found[-limit:] if limit is not None else found
    if csv_path is not None:
        _write_csv(csv_path, shown)
    elif as_json:
        print_json({"keys": [_with_times(key_facts(report)) for report in shown], "found": len(found)})
    elif found:
        _print_table(shown, len(found))
    elif query == KeyQuery():
        click.echo("No key was issued yet. Next: tenure publisher key issue --type host --customer NAME")
    else:
        click.echo("No key is like that. All of them: tenure publisher key list")


@click.command("show", context_settings=ID_ARGUMENT)
@click.argument("key_id")
@home_option
@json_option
def show(*, key_id: str, home: Path | None, as_json: bool) -> None:
    """One key: how much of it is used, and who holds it. KEY_ID may be its first 6 characters or more.

    Exit codes: 2 several keys begin so; 3 no key was issued under this id.
    """
    report = publisher.show_key(home_to_write(home), key_id)
    if as_json:
        print_json(_with_times(key_details(report)))
        return
    key = report.key
    print_facts(
        [
            ("key id", key.key_id),
            ("key", f"...{key.partial} ({key.type.label})"),
            ("product", report.product.name if report.product else "all"),
            ("pools", ", ".join(key.pools) if key.pools else "all"),
            ("customer", key.customer or None),
            ("agreement", key.agreement or None),
            ("trial", "yes" if key.trial else "no"),
            ("state", _state(report)),
            ("used", f"{report.used} of {key.limit}"),
            ("left", report.left),
            ("issued", timestamp(key.issued_at)),
        ]
    )
    print_table(
        "Holders",
        ("activation id", "host" if key.type is KeyType.HOST else "machine", "counted", "last contact"),
        [(h.activation_id, h.sub, _counted(h), timestamp(h.at)) for h in report.holders],
    )
    if report.holders:
        click.echo("To free the place of one that is gone: tenure publisher activation release ACTIVATION_ID")


@click.command("edit", context_settings=ID_ARGUMENT)
@click.argument("key_id")
@click.option("--customer", help="Whose it is from now on; an empty text: nobody's in particular.")
@click.option("--agreement", help="Under which agreement.")
@home_option
@json_option
def edit(
    *, key_id: str, customer: str | None, agreement: str | None, home: Path | None, as_json: bool
) -> None:
    """Say anew whose a key is. Hosts show it when they have renewed their certificate.

    Exit codes: 2 the text cannot stand in a certificate, or several keys begin so; 3 no key was issued under this id.
    """
    key = publisher.edit_key(home_to_write(home), key_id, customer=customer, agreement=agreement)
    if as_json:
        print_json({"key_id": key.key_id, "customer": key.customer, "agreement": key.agreement})
        return
    click.echo(f"The key ...{key.partial} is described anew.")
    print_facts([("customer", key.customer or None), ("agreement", key.agreement or None)])


def _print_table(reports: Sequence[KeyReport], found: int) -> None:
    print_table(
        "Keys",
        ("key id", "key", "type", "product", "customer", "agreement", "used", "state", "issued"),
        [
            (
                r.key.key_id[:SHOWN_OF_AN_ID],
                f"...{r.key.partial}",
                r.key.type.label,
                r.product.name if r.product else None,
                r.key.customer or None,
                r.key.agreement or None,
                f"{r.used} of {r.key.limit}",
                _state(r),
                timestamp(r.key.issued_at),
            )
            for r in reports
        ],
    )
    if len(reports) < found:
        click.echo(f"{len(reports):,} of {found:,} keys: the last ones. Without --limit all are shown.")


def _state(report: KeyReport) -> str:
    if report.revocation is None:
        return report.state.value
    reason = f": {report.revocation.reason}" if report.revocation.reason else ""
    return f"{report.state.value} since {timestamp(report.revocation.since)}{reason}"


def _counted(holder: Holder) -> str:
    """A host by its activations, a machine by what tells its installation."""
    seat = holder.seat
    return f"{seat.activations} times" if isinstance(seat, HostSeat) else f"as {seat.fingerprint}"


def _with_times(facts: KeyFacts) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(facts)
    told |= {name: timestamp(told[name]) for name in ("issued", "revoked_from")}
    for holder in told.get("holders", ()):
        holder["at"] = timestamp(holder["at"])
    return told


def _write_csv(path: str, reports: Sequence[KeyReport]) -> None:
    rows = [_with_times(key_facts(report)) for report in reports]
    for row in rows:
        row["pools"] = " ".join(row["pools"]) if row["pools"] is not None else None
    columns = KeyFacts.__struct_fields__
    print_csv(path, columns, ([row[column] for column in columns] for row in rows))
    if path != "-":
        click.echo(f"{len(rows):,} keys are in {path}.")
