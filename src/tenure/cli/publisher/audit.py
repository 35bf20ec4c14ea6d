"""`tenure publisher audit`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_csv, print_facts, print_json, print_table, timestamp
from tenure.core.errors import Code, UsageError
from tenure.programs import publisher_audit
from tenure.publisher.audit import AuditHead
from tenure.publisher.audit_records import AuditQuery
from tenure.publisher.told import audit_entry
from tenure.wire.administration import AuditEntry

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.publisher.audit import AuditRow

SHOWN: Final = 100
"""Rows that are shown when nobody says how many."""
_HEAD: Final = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_TIMES: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])


@click.command("audit")
@click.option("--since", type=_TIMES, help="Only what was done from this time (UTC) on.")
@click.option("--until", type=_TIMES, help="Only what was done before this time (UTC).")
@click.option("--actor", default="", help="Only what was done by names or addresses with this in them.")
@click.option(
    "--action", default="", help='Only actions with this in them, such as "key issue" or "refused".'
)
@click.option(
    "--subject", default="", help="Only rows with this in subject or detail, such as a key or host id."
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help=f"The newest N rows (default {SHOWN})."
)
@click.option(
    "--csv",
    "csv_path",
    metavar="FILE",
    help="Write all of these rows as CSV into FILE; - is standard output.",
)
@click.option(
    "--verify", is_flag=True, help="Check that no row was altered or is missing, and show the head."
)
@click.option(
    "--head", metavar="N:SHA256", help="With --verify: a head that was noted before must still be there."
)
@home_option
@json_option
def command(
    *,
    since: datetime | None,
    until: datetime | None,
    actor: str,
    action: str,
    subject: str,
    limit: int | None,
    csv_path: str | None,
    verify: bool,
    head: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Who did what, when, from where, to what: every row since the publisher was made.

    Rows are only ever added, and each is chained to the one before. --verify names the first row that was altered or is
    missing. Whoever can write the database could make the whole chain anew, so note the head that it shows somewhere else,
    and give it back with --head. Exit code 5: the audit is not whole.
    """
    chosen = home_to_write(home)
    query = AuditQuery(
        since=_seconds(since), until=_seconds(until), actor=actor, action=action, subject=subject
    )
    if verify:
        if query != AuditQuery() or limit is not None or csv_path is not None:
            raise click.UsageError("--verify checks the whole audit: leave the other options out.")
        _tell_head(publisher_audit.verify(chosen, _noted(head)), as_json=as_json)
        return
    if head is not None:
        raise click.UsageError("--head belongs to --verify.")
    if csv_path is not None:
        if as_json or limit is not None:
            raise click.UsageError("--csv writes all rows: leave --json and --limit out.")
        columns = AuditEntry.__struct_fields__
        told = (_told(row) for row in publisher_audit.all_rows(chosen, query))
        print_csv(csv_path, columns, ([row[column] for column in columns] for row in told))
        return
    page = publisher_audit.newest_rows(chosen, query, limit=limit or SHOWN)
    rows = list(reversed(page.rows))
    more = page.before is not None
    if as_json:
        print_json({"entries": [_told(row) for row in rows], "more": more})
        return
    _print(rows)
    if more:
        click.echo(f"These are the newest {len(rows):,}; --limit shows more, --csv FILE writes all.")


def _print(rows: list[AuditRow]) -> None:
    print_table(
        "Audit",
        ("row", "time", "by", "from", "did", "to", "detail"),
        [
            (
                row.seq,
                timestamp(row.event.at),
                row.event.actor.name or None,
                row.event.actor.address or None,
                row.event.action,
                row.event.subject,
                row.event.detail or None,
            )
            for row in rows
        ],
    )


def _tell_head(head: AuditHead, *, as_json: bool) -> None:
    text = f"{head.seq}:{head.digest.hex()}"
    if as_json:
        print_json({"whole": True, "rows": head.seq, "head": text})
        return
    click.echo("No row of the audit was altered or is missing.")
    print_facts([("rows", f"{head.seq:,}"), ("head", text)])
    click.echo(f"Note the head elsewhere; later: tenure publisher audit --verify --head {text}")


def _noted(head: str | None) -> AuditHead | None:
    if head is None:
        return None
    parts = _HEAD.fullmatch(head)
    if parts is None:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{head[:80]!r} is no head of an audit.",
            "Write it as --verify showed it: a number, a colon, and 64 hexadecimal digits.",
        )
    return AuditHead(int(parts[1]), bytes.fromhex(parts[2]))


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.replace(tzinfo=UTC).timestamp()) if moment is not None else None


def _told(row: AuditRow) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(audit_entry(row))
    return {**told, "at": timestamp(told["at"])}
