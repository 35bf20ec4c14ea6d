"""How a server's TLS is told, a host's as a publisher's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.cli.printing import print_facts, print_json, timestamp

if TYPE_CHECKING:
    from tenure.programs.server_tls import ServerTls


def print_server_tls(tls: ServerTls, *, as_json: bool) -> None:
    """Files, names, dates and warnings."""
    facts = tls.certificate
    if as_json:
        print_json(
            {
                "certificate": str(tls.files.certificate) if tls.files else None,
                "key": str(tls.files.key) if tls.files else None,
                "names": list(facts.names) if facts else [],
                "not_before": timestamp(facts.not_before) if facts else None,
                "expires": timestamp(facts.not_after) if facts else None,
                "warnings": list(tls.warnings),
            }
        )
        return
    print_facts(
        [
            ("TLS", "on" if tls.files else "off: plain HTTP is served"),
            ("certificate", str(tls.files.certificate) if tls.files else None),
            ("key", str(tls.files.key) if tls.files else None),
            ("names", ", ".join(facts.names) if facts else None),
            ("until", timestamp(facts.not_after) if facts else None),
        ]
    )
    for warning in tls.warnings:
        click.echo(f"{click.style('warning:', fg='yellow')} {warning}")
