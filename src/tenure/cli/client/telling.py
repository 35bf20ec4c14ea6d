"""What the client's commands have in common when they speak: warnings, progress, a product's facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tenure.cli.exit_codes import ExitCode, exit_code_of
from tenure.cli.printing import error_json, print_error, print_facts, print_json, timestamp
from tenure.client.activation import Activated, Progress, StillShort, TryingAgain
from tenure.client.grant_activation import ActivatedForGood
from tenure.client.passed_over import PassedOver
from tenure.client.status import HostSource
from tenure.core.license_status import LicenseStatus, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.client.status import ProductStatus
    from tenure.core.errors import TenureError
    from tenure.programs.client import Attempt, MachineStatus

_MINUTES_A_DAY = 1440


def warn(text: str) -> None:
    """A line on standard error, about something that did not stop the command."""
    click.echo(f"{click.style('note:', fg='yellow')} {text}", err=True)


def tell(progress: Progress) -> None:
    """What happens while hosts are asked, on standard error."""
    match progress:
        case StillShort():
            told = progress.waiting
            text = f"waiting at {progress.host.text}: {told.count} of {told.threshold} machines, {told.missing} missing"
        case PassedOver():
            text = f"passed over {progress}"
        case TryingAgain():
            text = f"{progress.error.detail} Trying again in {progress.seconds:.0f} s."
    warn(text)


def report(attempts: Sequence[Attempt], status: MachineStatus, *, as_json: bool) -> int:
    """What became of each attempt is printed; the exit code is that of the first that activated nothing."""
    failures = [error for attempt in attempts if (error := _error(attempt)) is not None]
    if as_json:
        _print_attempts_json(attempts, failures, status)
    else:
        for attempt in attempts:
            _print_attempt(attempt, status)
    return exit_code_of(failures[0]) if failures else ExitCode.DONE


def status_json(status: ProductStatus) -> dict[str, Any]:
    """The fields of one product (design, section 7)."""
    return {
        "license_status": status.license_status.value,
        "reason": status.reason,
        "product": status.product,
        "product_id": status.product_id,
        "partial_key": status.partial_key,
        "machine_id": status.machine_id,
        "fingerprint_source": status.fingerprint_source,
        "host": status.host.text if status.host else None,
        "host_source": status.host_source.value if status.host_source else None,
        "lease_id": status.lease_id,
        "lease_expires": timestamp(status.lease_expires),
        "notification_from": timestamp(status.notification_from),
        "reduced_functionality_from": timestamp(status.reduced_functionality_from),
        "renew_after": timestamp(status.renew_after),
        "minutes_remaining": status.minutes_remaining,
        "last_activation": timestamp(status.last_activation),
        "count": status.count,
        "threshold": status.threshold,
        "key_type": status.key_type.label if status.key_type else None,
        "activation_id": status.activation_id,
    }


def machine_json(status: MachineStatus) -> dict[str, Any]:
    """The fields of the chosen product, and those of all."""
    return {**status_json(status.chosen), "products": [status_json(product) for product in status.products]}


def print_product(status: ProductStatus) -> None:
    """One product for people, and what is odd about it."""
    name = status.product or (str(status.product_id) if status.product_id else "no product")
    click.echo(f"{name}: {_colored(status.license_status)} ({status.reason.replace('_', ' ')})")
    key = f"...{status.partial_key}" if status.partial_key else None
    facts: list[tuple[str, object]] = [
        ("product id", status.product_id),
        ("key", f"{key} ({status.key_type.label})" if status.key_type else key),
    ]
    if status.activation_id is not None:
        facts += [
            ("activation id", status.activation_id),
            ("activated", timestamp(status.last_activation)),
        ]
    else:
        facts += [
            ("host", _host(status)),
            ("lease until", timestamp(status.lease_expires)),
            ("renews after", timestamp(status.renew_after)),
        ]
    facts += [
        ("time left", "without an end" if status.for_good else _time_left(status.minutes_remaining)),
        ("machine id", status.machine_id),
    ]
    print_facts(facts)
    if status.problem is not None:
        warn(f"the stored license counts for nothing: {status.problem.detail}")
    if status.refusal is not None:
        warn(f"it is not asked for here: {status.refusal}")
    if status.reason == Reason.MACHINE_CHANGED:
        warn(
            "the license was given to another installation: this state was copied from another machine, or the system's id"
            " changed. The next activation gives this machine an id and a license of its own."
        )
    if status.clock_moved_back:
        warn(
            "this machine's clock was set back; the latest time that it has seen is used. Set the clock right."
        )
    if status.warning:
        warn("the lease ends within 30 days and was not renewed. Is the host reachable? tenure client renew")


def next_step(status: ProductStatus) -> str | None:
    """The command that a person needs next, if any."""
    if status.license_status is LicenseStatus.LICENSED:
        return None
    if status.partial_key is None:
        return "tenure client install-key KEY --catalog FILE"
    return "tenure client activate"


def _print_attempts_json(
    attempts: Sequence[Attempt], failures: Sequence[TenureError], status: MachineStatus
) -> None:
    """One object: the status afterwards, and beside it why the first product that was not activated was not.

    How far the key of a product that was activated for good is used stands with it, and on top for the first.
    """
    found: dict[str, Any] = machine_json(status)
    uses = {
        a.product_id: {"used": a.outcome.used, "limit": a.outcome.limit}
        for a in attempts
        if isinstance(a.outcome, ActivatedForGood)
    }
    if uses:
        found |= next(iter(uses.values()))
        for product in found["products"]:
            product.update(uses.get(product["product_id"], {}))
    if failures:
        found |= error_json(failures[0])
        short = next((a.outcome for a in attempts if isinstance(a.outcome, StillShort)), None)
        if short is not None:
            told = short.waiting
            found |= {"count": told.count, "threshold": told.threshold, "missing": told.missing}
    print_json(found)


def _print_attempt(attempt: Attempt, status: MachineStatus) -> None:
    product = next((p for p in status.products if p.product_id == attempt.product_id), status.chosen)
    if isinstance(attempt.outcome, Activated):
        lease = attempt.outcome.lease
        click.echo(
            f"{product.product} is {_colored(product.license_status)} until {timestamp(lease.exp)}"
            f" (host {attempt.outcome.host.text}, {lease.count} machines counted)."
        )
        return
    if isinstance(attempt.outcome, ActivatedForGood):
        told = attempt.outcome
        click.echo(f"{product.product} is {_colored(product.license_status)} on this machine for good.")
        print_facts(
            [
                ("activation id", told.grant.grant_id),
                ("used of the key", f"{told.used:,} of {told.limit:,} activations"),
            ]
        )
        return
    error = _error(attempt)
    if error is not None:
        print_error(error)
    if product.for_good:
        click.echo(f"{product.product} stays licensed.", err=True)
    elif product.license_status is LicenseStatus.LICENSED:
        click.echo(f"{product.product} stays licensed until {timestamp(product.lease_expires)}.", err=True)


def _error(attempt: Attempt) -> TenureError | None:
    match attempt.outcome:
        case Activated() | ActivatedForGood():
            return None
        case StillShort() as short:
            return short.refusal()
        case error:
            return error


def _host(status: ProductStatus) -> str:
    if status.host is None:
        secret = status.key_type is not None and status.key_type.secret
        return (
            "none: its publisher activates it"
            if secret
            else "none has answered yet; the DNS is asked for one"
        )
    how = {HostSource.SET: "set", HostSource.DNS: "found in the DNS", None: "set once; now the DNS is asked"}
    return f"{status.host.text} ({how[status.host_source]})"


def _time_left(minutes: int | None) -> str | None:
    if minutes is None:
        return None
    days, rest = divmod(minutes, _MINUTES_A_DAY)
    return f"{minutes:,} minutes ({days} days, {rest // 60} hours)"


def _colored(status: LicenseStatus) -> str:
    color = "green" if status is LicenseStatus.LICENSED else "yellow"
    return click.style(status.value.replace("_", " "), fg=color, bold=True)
