"""`tenure publisher product`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json, print_table
from tenure.core.errors import Code, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import BOUNDS, Kind
from tenure.programs import publisher
from tenure.publisher.authority import NewProduct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from tenure.core.catalog import Product

FEATURE_ENDS = {
    status.value: status for status in (LicenseStatus.NOTIFICATION, LicenseStatus.REDUCED_FUNCTIONALITY)
}


def policy_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """One option for each field of a policy; what is out of bounds, `core.policy` says."""
    for field, (low, high) in reversed(BOUNDS.items()):
        option = "--" + field.replace("_", "-")
        function = click.option(option, type=int, help=f"Term of a new pool, {low:,} to {high:,}.")(function)
    return function


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
@click.option("--number", type=int, help="Its number in keys, 0 to 1,022 (default: the lowest free one).")
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="NAME=STATUS",
    help="A feature that stops at notification or reduced_functionality; may be repeated.",
)
@click.option(
    "--needs-os-id",
    is_flag=True,
    help="Machines whose system has no installation id, such as most containers, may not ask for it.",
)
@policy_options
@home_option
@json_option
def add(
    *,
    source: Path | None,
    name: str | None,
    kind: str | None,
    pool: str | None,
    product_id: UUID | None,
    number: int | None,
    features: tuple[str, ...],
    needs_os_id: bool,
    home: Path | None,
    as_json: bool,
    **terms: int | None,
) -> None:
    """Add a product, or every product of a TOML file; each gets a generic key.

    The file has [pools.NAME] tables (threshold, lease_days, ...) and [[products]] entries (name, kind, pool).
    Terms are signed for good: a pool that exists keeps its own. Exit code 3: they would change.
    """
    alone = (name, kind, pool, product_id, number, *features, needs_os_id or None, *terms.values())
    if source is not None and any(value is not None for value in alone):
        raise UsageError(
            Code.INVALID_ARGUMENT, "A catalog file says everything itself.", "Give --from FILE alone."
        )
    product = None
    if name is not None and kind is not None:
        product = NewProduct(
            name=name,
            kind=Kind(kind),
            pool=pool,
            product_id=product_id,
            number=number,
            features=dict(_feature(text) for text in features),
            needs_os_id=needs_os_id,
        )
    added = publisher.add_products(
        home_to_write(home),
        source=source,
        product=product,
        terms={field: value for field, value in terms.items() if value is not None},
    )
    if as_json:
        print_json({"products": [_facts(one) for one in added]})
    else:
        _print(added)


@command.command("require-os-id")
@click.argument("product")
@click.option("--lift", is_flag=True, help="Every machine may ask again.")
@home_option
@json_option
def require_os_id(*, product: str, lift: bool, home: Path | None, as_json: bool) -> None:
    """Say that machines may ask for PRODUCT only where the system has an installation id.

    Machines keep to it by themselves, once a host or you have given them the new catalog; nobody else can tell. What
    is licensed stays so until its end. After --lift, machines that refused need the new catalog from you: they ask no
    host. PRODUCT is an id or an exact name. Exit code 3: there is no such product.
    """
    changed = publisher.require_os_id(home_to_write(home), product, required=not lift)
    if as_json:
        print_json(_facts(changed))
        return
    who = "with an installation id" if changed.needs_os_id else "of any kind"
    click.echo(f"Machines {who} may ask for {changed.name}. Next: tenure publisher catalog export --out FILE")


def _feature(text: str) -> tuple[str, LicenseStatus]:
    name, _, status = text.rpartition("=")
    if not name or status not in FEATURE_ENDS:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"A feature is written NAME=STATUS; {text!r} was given.",
            f"STATUS is {' or '.join(FEATURE_ENDS)}.",
        )
    return name, FEATURE_ENDS[status]


def _facts(product: Product) -> dict[str, object]:
    return {
        "product_id": product.product_id,
        "number": product.number,
        "name": product.name,
        "kind": product.kind.value,
        "pool": product.pool,
        "generic_key": product.generic_keys[0],
        "needs_os_id": product.needs_os_id,
    }


def _print(added: Sequence[Product]) -> None:
    print_table(
        "Added",
        ("product", "kind", "pool", "product id", "generic key"),
        [(one.name, one.kind.value, one.pool, one.product_id, one.generic_keys[0]) for one in added],
    )
    click.echo(
        "Next: tenure publisher key issue --type host --customer NAME; tenure publisher catalog export --out FILE"
    )
