"""`tenure publisher key`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.cli.publisher import key_list
from tenure.cli.publisher.revoking import print_revoked, revoking_options
from tenure.core.errors import Code, UsageError
from tenure.core.product_key import KeyType
from tenure.programs import publisher

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.core.catalog import Product
    from tenure.core.product_key import ProductKey
    from tenure.publisher.store import IssuedKey

OPTIONS_OF = {
    KeyType.HOST: {"--pool", "--customer", "--agreement", "--trial"},
    KeyType.GENERIC: {"--product"},
    KeyType.MAK: {"--product", "--activations", "--customer", "--agreement"},
    KeyType.RETAIL: {"--product", "--customer", "--agreement"},
}
"""What can be said of a key of each type; how many hosts a host key has is no one's to choose."""


@click.group("key")
def command() -> None:
    """Product keys: issue them, see who holds them, and revoke them."""


for subcommand in (key_list.list_, key_list.show, key_list.edit):
    command.add_command(subcommand)


@command.command("issue")
@click.option("--type", "label", type=click.Choice([kind.label for kind in KeyType]), required=True)
@click.option("--product", help="For a generic, MAK or retail key: the product's id or exact name.")
@click.option(
    "--pool", "pools", multiple=True, help="For a host key: only this pool; may be repeated (default: all)."
)
@click.option("--activations", type=int, help="For a MAK: how many machines it may activate.")
@click.option("--customer", default="", help="Who gets it; stands in a host's certificate.")
@click.option("--agreement", default="", help="Under which agreement.")
@click.option(
    "--trial", is_flag=True, help="For a host key for rehearsals: machines of `tenure fleet` are let in."
)
@home_option
@json_option
def issue(
    *,
    label: str,
    product: str | None,
    pools: tuple[str, ...],
    activations: int | None,
    customer: str,
    agreement: str,
    trial: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Issue a host, MAK or retail key, or show the generic key of a product.

    All but generic keys are secrets: printed this once and kept nowhere. A generic key is public and ships with the
    product. Exit codes: 2 the options do not fit the type; 3 there is no such product.
    """
    kind = KeyType[label.upper()]
    given = {
        "--product": product is not None,
        "--pool": bool(pools),
        "--activations": activations is not None,
        "--customer": bool(customer),
        "--agreement": bool(agreement),
        "--trial": trial,
    }
    _check_options(kind, {name for name, is_given in given.items() if is_given})
    chosen = home_to_write(home)
    match kind:
        case KeyType.GENERIC:
            text, found = publisher.generic_key(chosen, product)
            if as_json:
                _print_json(text, None, kind, found)
            else:
                click.echo(f"{text}  (the generic key of {found.name}; public)")
                click.echo("Next, on a machine: tenure client install-key " + text)
            return
        case KeyType.HOST:
            key, issued = publisher.issue_host_key(
                chosen, pools=pools, customer=customer, agreement=agreement, trial=trial
            )
            of = None
        case KeyType.MAK | KeyType.RETAIL:
            key, issued, of = publisher.issue_machine_key(
                chosen,
                kind,
                product=product,
                activations=_number(kind, activations),
                customer=customer,
                agreement=agreement,
            )
    if as_json:
        _print_json(key.text, issued, kind, of)
    else:
        _print_secret(key, issued, of)


@command.command("revoke", context_settings=key_list.ID_ARGUMENT)
@click.argument("key_id")
@revoking_options
@home_option
@json_option
def revoke(*, key_id: str, reason: str, since: int | None, home: Path | None, as_json: bool) -> None:
    """Revoke a key: it activates nothing any more, its hosts stop granting, and its activations are void.

    KEY_ID may be its first 6 characters or more. Leases that its hosts granted before run out. This cannot be undone.
    Exit codes: 2 the reason or the time cannot be used, or several keys begin so; 3 no key was issued under this id.
    """
    print_revoked(
        publisher.revoke_key(home_to_write(home), key_id, reason=reason, since=since), as_json=as_json
    )


def _check_options(kind: KeyType, given: set[str]) -> None:
    if strangers := sorted(given - OPTIONS_OF[kind]):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"A {kind.label} key has no {' and no '.join(strangers)}.",
            f"It takes {', '.join(sorted(OPTIONS_OF[kind]))}.",
        )


def _number(kind: Literal[KeyType.MAK, KeyType.RETAIL], activations: int | None) -> int:
    if kind is KeyType.RETAIL:
        return 1
    if activations is None:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "A mak key activates as many machines as you say.",
            "Say how many: --activations N.",
        )
    return activations


def _print_secret(key: ProductKey, issued: IssuedKey, product: Product | None) -> None:
    click.secho(key.text, bold=True)
    print_facts(
        [
            ("key id", issued.key_id),
            ("for", f"{issued.limit:,} machines with {product.name}" if product else f"{issued.limit} hosts"),
            ("customer", issued.customer or None),
        ]
    )
    click.echo("Give it to the customer in a safe way: it is kept nowhere and cannot be shown again.")
    click.echo("Next: tenure publisher catalog export --out catalog.json")
    where, program = ("the customer's host", "host") if product is None else ("each machine", "client")
    click.echo(f"Then, on {where}: tenure {program} install-key --catalog catalog.json")


def _print_json(text: str, issued: IssuedKey | None, kind: KeyType, product: Product | None) -> None:
    print_json(
        {
            "key": text,
            "key_id": issued.key_id if issued else None,
            "type": kind.label,
            "product_id": product.product_id if product else None,
            "activations": issued.limit if issued else None,
        }
    )
