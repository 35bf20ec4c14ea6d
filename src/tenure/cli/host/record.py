"""`tenure host record`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import host_home_to_read
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json, timestamp
from tenure.programs import host_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.host.record import HostRecord, RecordedPublisher

_RECOVERY = """
## Backup

Make one each day, check it, keep it on another machine where only administrators read, and try a restore once a year:

    tenure host backup FILE
    tenure host restore --check FILE

## When this host is lost

1. Install Tenure on a new machine and bring the newest backup there.
2. Put the host into the new machine's empty home: `tenure host restore FILE`
3. Start it: `tenure host install-service` (or `tenure host serve`).
4. Let machines find it: give it the old name and address, or publish it anew with `tenure host publish-dns`.
5. Make sure that the old host never starts again, and print this page anew.

Without a backup: `tenure host install-key KEY --catalog FILE`, then `tenure host activate`. That takes another place on the
host key; the publisher can free the lost one. Machines keep their leases meanwhile, and are counted anew as they come.
"""


@click.command("record")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page to this file instead."
)
@home_option
@json_option
def command(out: Path | None, home: Path | None, *, as_json: bool) -> None:
    """The page about this host to print and keep: who it is, its keys (masked), its publisher, how it is recovered.

    It is Markdown, and holds no secret. Exit codes: 0 done; 1 the file cannot be written; 2 no host in this home.
    """
    found = host_record.record(host_home_to_read(home))
    page = "\n".join(_page(found)) + "\n" + _RECOVERY
    if out is not None:
        host_record.save_page(page, out)
    if as_json:
        print_json(_fields(found))
    elif out is None:
        click.echo(page, nl=False)


def _page(record: HostRecord) -> Iterator[str]:
    yield f"# Activation host {record.name}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    facts: tuple[tuple[str, object], ...] = (
        ("host name", record.name),
        ("host id", record.host_id),
        ("address", record.url or "its server does not run"),
        ("TCP port", record.port),
        ("activated", timestamp(record.activated_at) or "not yet"),
        ("epoch", record.epoch),
        ("machines, counts and log", record.recorded_in or "in its home"),
        ("files outside of the backup", ", ".join(record.files_elsewhere) or "none known"),
    )
    for label, value in facts:
        yield _row(label, value)
    for publisher in record.publishers:
        yield ""
        yield f"## Publisher {_cell(publisher.name)}"
        yield ""
        yield "| | |"
        yield "| --- | --- |"
        for label, value in _facts(publisher).items():
            yield _row(label.replace("_", " "), value)
        for pool, threshold in publisher.pools.items():
            yield _row(f"pool {pool}", f"from {threshold:,} machines on")


def _facts(publisher: RecordedPublisher) -> dict[str, object]:
    certificate = publisher.certificate
    return {
        "publisher_id": publisher.publisher_id,
        "contact": publisher.contact or None,
        "publisher_address": publisher.url,
        "host_key": publisher.key,
        "customer": certificate.org or None if certificate else None,
        "agreement": certificate.agreement or None if certificate else None,
        "certificate_from": timestamp(certificate.iat) if certificate else None,
        "certificate_expires": timestamp(certificate.exp) if certificate else None,
    }


def _fields(record: HostRecord) -> dict[str, object]:
    return {
        "name": record.name,
        "host_id": record.host_id,
        "listening": record.url,
        "port": record.port,
        "activated_at": timestamp(record.activated_at),
        "epoch": record.epoch,
        "recorded_elsewhere": record.recorded_in,
        "files_outside_of_backup": list(record.files_elsewhere),
        "publishers": [
            {"name": publisher.name, **_facts(publisher), "pools": dict(publisher.pools)}
            for publisher in record.publishers
        ],
    }


def _row(label: str, value: object) -> str:
    return f"| {_cell(label)} | {_cell('-' if value is None else value)} |"


def _cell(value: object) -> str:
    """A publisher wrote some of it: it stays in its cell."""
    return " ".join(str(value).split()).replace("|", r"\|")
