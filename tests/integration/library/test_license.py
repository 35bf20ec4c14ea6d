"""`License.activate` and `License.renew`, against a host on a real socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from simulators.command_line import Cli, listening
from simulators.world import SHORT
from tenure.core.errors import Code, LocalFault, Refused, Unavailable, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.programs.license import License

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """A home, and a host that listens."""
    cli = Cli(tmp_path / "home")
    with listening(cli.host) as url:
        cli.url = url
        yield cli


@pytest.fixture
def product(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> License:
    """The product on the machine of that home, with its key installed."""
    monkeypatch.setenv("TENURE_HOME", str(cli.home))
    cli.install()
    return License(
        root_key=cli.publisher.root.public.jwk, product_id=cli.publisher.workstation.product_id, home=cli.home
    )


def test_activation_brings_a_license(product: License) -> None:
    """What comes back is the check that follows it."""
    assert product.check().reason == "not_activated"
    check = product.activate_sync()
    assert (check.status, check.days_left) == (LicenseStatus.LICENSED, 180)
    assert product.check().licensed


def test_renewal_brings_a_new_lease(cli: Cli, product: License) -> None:
    """The host was asked twice; before any lease there is nothing to renew."""
    with pytest.raises(UsageError) as raised:
        product.renew_sync()
    assert raised.value.code is Code.NOT_SET_UP
    product.activate_sync()
    assert product.renew_sync().licensed
    assert len(cli.host.bodies) == 2


def test_the_loop_goes_on_while_hosts_are_asked(product: License) -> None:
    """`await` activates and renews, and other tasks run meanwhile."""

    async def both() -> list[LicenseStatus]:
        ticks = asyncio.create_task(asyncio.sleep(0))
        activated = await product.activate()
        assert ticks.done()
        return [activated.status, (await product.renew()).status]

    assert asyncio.run(both()) == [LicenseStatus.LICENSED] * 2


def test_a_threshold_that_is_not_reached_is_a_refusal(cli: Cli, product: License) -> None:
    """It is raised, with its code; the check goes on answering."""
    cli.host.script.append(SHORT)
    with pytest.raises(Refused) as raised:
        product.activate_sync()
    assert raised.value.code is Code.COUNT_INSUFFICIENT
    assert product.check().reason == "not_activated"


def test_waiting_asks_again_until_the_threshold_is_reached(cli: Cli, product: License) -> None:
    """For as long as the caller gives."""
    cli.host.script.append(SHORT)
    assert product.activate_sync(wait=30).licensed
    assert len(cli.host.bodies) == 2


def test_silence_ends_no_license(cli: Cli, product: License) -> None:
    """A renewal that fails is raised, and the lease still counts."""
    product.activate_sync()
    cli.host.script.append(Unavailable(Code.STORAGE_UNAVAILABLE, "The disk is full."))
    with pytest.raises(Unavailable):
        asyncio.run(product.renew())
    assert product.check().licensed


def test_without_a_key_there_is_nothing_to_activate(tmp_path: Path, cli: Cli) -> None:
    """It says what to do."""
    product = License(
        root_key=cli.publisher.root.public.jwk,
        product_id=cli.publisher.workstation.product_id,
        home=tmp_path / "elsewhere",
    )
    with pytest.raises(UsageError, match="install-key"):
        product.activate_sync()


def test_a_home_that_cannot_be_used_is_told(tmp_path: Path, cli: Cli) -> None:
    """As the operating system's refusal; a link to itself stands for missing rights."""
    closed = tmp_path / "closed"
    closed.symlink_to(closed)
    product = License(
        root_key=cli.publisher.root.public.jwk,
        product_id=cli.publisher.workstation.product_id,
        home=closed,
    )
    with pytest.raises(LocalFault):
        product.activate_sync()
