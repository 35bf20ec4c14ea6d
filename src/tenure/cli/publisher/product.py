"""`tenure publisher product`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json, print_table
from tenure.core.policy import Kind
from tenure.programs import publisher
from tenure.publisher.authority import NewProduct

if TYPE_CHECKING:
    from uuid import UUID


@click.group("product")
def command() -> None:
    """Products of the catalog."""


@command.command("add")
@click.option(
    "--from", "source", type=click.Path(dir_okay=False, path_type=Path), help="A TOML catalog file."
)
@click.option("--name", help="What people know the product by.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="What it runs on.")
@click.option("--pool", help="The pool that it counts in (default: one a kind).")
@click.option("--product-id", type=click.UUID, help="Its id, when it has one already.")
@home_option
@json_option
def add(
    *,
    source: Path | None,
    name: str | None,
    kind: str | None,
    pool: str | None,
    product_id: UUID | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Add a product, or every product of a TOML file; each gets a generic key.

    The file has [pools.NAME] tables (threshold, lease_days, ...) and [[products]] entries (name, kind, pool).
    """
    product = None
    if name is not None and kind is not None:
        product = NewProduct(name=name, kind=Kind(kind), pool=pool, product_id=product_id)
    added = publisher.add_products(home_to_write(home), source=source, product=product)
    if as_json:
        print_json(
            {
                "products": [
                    {
                        "product_id": one.product_id,
                        "number": one.number,
                        "name": one.name,
                        "kind": one.kind.value,
                        "pool": one.pool,
                        "generic_key": one.generic_keys[0],
                    }
                    for one in added
                ]
            }
        )
        return
    print_table(
        "Added",
        ("product", "kind", "pool", "product id", "generic key"),
        [(one.name, one.kind.value, one.pool, one.product_id, one.generic_keys[0]) for one in added],
    )
    click.echo(
        "Next: tenure publisher key issue --type host --customer NAME; tenure publisher catalog export --out FILE"
    )
