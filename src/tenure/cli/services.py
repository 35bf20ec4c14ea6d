"""What the commands that install a service share: their options, and what they print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tenure.cli.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.adapters.os.systemd import Installed
    from tenure.adapters.os.systemd_unit import Service


def print_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--print`, as `only_print`."""
    return click.option(
        "--print", "only_print", is_flag=True, help="Show the unit; write and start nothing."
    )(function)


def remove_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--remove`, as `remove`."""
    return click.option(
        "--remove", is_flag=True, help="Stop the service and take its unit away; state stays."
    )(function)


def user_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--user NAME`, as `user`."""
    return click.option(
        "--user",
        default=default,
        show_default=True,
        metavar="NAME",
        help="The system user that it runs as; made if it is not there.",
    )


def show_unit(service: Service, *, as_json: bool) -> None:
    """The unit is shown, as it would be written."""
    text = service.unit()
    if not as_json:
        click.echo(text, nl=False)
        return
    user = service.server.user if service.server else "root"
    print_json({"service": service.unit_name, "home": str(service.home), "user": user, "unit": text})


def tell_installed(service: Service, installed: Installed, *, as_json: bool) -> None:
    """Where the unit is, whether it runs, and what to do next."""
    if as_json:
        print_json(
            {
                "service": service.unit_name,
                "home": str(service.home),
                "file": str(installed.file),
                "started": installed.started,
            }
        )
        return
    if installed.started:
        click.echo(f"{service.unit_name} runs, and starts with the system ({installed.file}).")
    else:
        click.echo(
            f"{service.unit_name} is written ({installed.file}) but not started: systemd did not start this "
            "machine (a container, an image). It starts with the next boot under systemd."
        )
    click.echo(f"Its log: journalctl -u {service.name}    Its state: {service.folder}")
    if service.server is not None:
        click.echo(f"Reload it: systemctl reload {service.name}    Remove it: {service.installer} --remove")
        click.echo(
            f"Commands of this home run as its user: "
            f"sudo -u {service.server.user} tenure {service.arguments[0]} ... --home {service.home}"
        )


def tell_removed(service: Service, *, removed: bool, as_json: bool) -> None:
    """Whether there was something to remove, and what stayed."""
    if as_json:
        print_json({"service": service.unit_name, "removed": removed, "home": str(service.home)})
    elif removed:
        click.echo(f"{service.unit_name} is gone. Its state stays in {service.folder}.")
    else:
        click.echo(f"{service.unit_name} is not installed here.")
