"""A machine with a MAK and a publisher on a real socket: the product, the agent and the commands."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from simulators.agents import agent
from simulators.authority import machine_request
from simulators.running import running
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.policy import Kind
from tenure.core.product_key import KeyType
from tenure.programs import client, publisher
from tenure.programs.license import License
from tenure.programs.publisher_server import PublisherServer
from tenure.publisher.authority import NewProduct
from tenure.publisher.machine_activation import activate_machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tenure.core.catalog import Product

    Captured = pytest.CaptureFixture[str]


class Site:
    """A publisher of two products, and one machine."""

    def __init__(self, root: Path) -> None:
        """The publisher does not serve yet, and the machine has nothing."""
        self.home = Home(root / "site")
        self.machine = Home(root / "machine")
        self.catalog = root / "catalog.json"
        publisher.init(self.home, name="Example Software", contact="", publisher_url=None)
        for name, kind in (("Draft Studio", Kind.WORKSTATION), ("Render Server", Kind.SERVER)):
            publisher.add_products(self.home, source=None, product=NewProduct(name=name, kind=kind))

    def install(self, product: str = "Draft Studio") -> tuple[str, Product]:
        """A new MAK of one is on the machine."""
        key, _, of = publisher.issue_machine_key(
            self.home, KeyType.MAK, product=product, activations=1, customer="", agreement=""
        )
        client.install_key(self.machine, key.text, catalog=self.catalog, root=None, warn=print)
        return key.text, of

    def license_of(self, product: Product) -> License:
        """What the product makes at its start."""
        return License(
            root_key=self.home.publisher / "root.pub.jwk",
            product_id=product.product_id,
            home=self.machine.root,
        )

    def take_the_place(self, key: str, product: Product) -> None:
        """Another machine activates with the key."""
        request = machine_request(key, product_id=product.product_id, now=int(time.time()))
        with publisher.open_authority(self.home) as authority:
            activate_machine(authority, request)

    def free_the_place(self) -> None:
        """Whoever has the only key's place is gone."""
        (report,) = publisher.list_keys(self.home)
        (holder,) = publisher.show_key(self.home, report.key.key_id).holders
        publisher.release_activation(self.home, holder.activation_id, reason="")

    def tenure(self, *arguments: str) -> int:
        """The exit code of a command on the machine."""
        return run(command, [*arguments, "--home", str(self.machine.root)])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The publisher serves, and says in its catalog where."""
    site = Site(tmp_path)
    with running(lambda: PublisherServer(site.home, "127.0.0.1", 0)) as server:
        with publisher.open_authority(site.home) as authority:
            authority.move(server.url)
        publisher.export_catalog(site.home, site.catalog)
        yield site


def test_a_product_activates_itself(site: Site) -> None:
    """`activate_sync` brings a license for good; there is nothing to renew, and that is said."""
    _, product = site.install()
    license_ = site.license_of(product)
    check = license_.activate_sync()
    assert (check.licensed, check.days_left, check.expires) == (True, None, None)
    with pytest.raises(UsageError) as caught:
        license_.renew_sync()
    assert caught.value.code is Code.NOT_AVAILABLE
    assert license_.check().licensed


def test_a_key_that_is_used_up_is_a_refusal_until_a_place_is_free(site: Site) -> None:
    """It is raised with the code of the limit; a released place cures it."""
    key, product = site.install()
    site.take_the_place(key, product)
    with pytest.raises(Refused) as caught:
        site.license_of(product).activate_sync()
    assert (caught.value.code, caught.value.hresult) == (Code.KEY_LIMIT, "0xC004C020")
    site.free_the_place()
    assert site.license_of(product).activate_sync().licensed


def test_an_agent_activates_what_is_installed_while_it_runs(site: Site) -> None:
    """No host is set, and none is needed."""
    with agent(site.machine.root) as running_agent:
        running_agent.until("No product key is installed")
        _, product = site.install()
        assert "1 of the 1 activations" in running_agent.until("is activated for good")
    assert site.license_of(product).check().licensed


def test_several_products_are_activated_each_its_way(site: Site, capsys: Captured) -> None:
    """One gets its grant, the other's host does not answer; the exit code is that of the first that failed."""
    _, studio = site.install()
    generic, server = publisher.generic_key(site.home, "Render Server")
    client.install_key(site.machine, generic, catalog=None, root=None, warn=print)
    assert site.tenure("client", "set-host", "127.0.0.1:9") == 0
    capsys.readouterr()
    assert site.tenure("client", "activate", "--json") == 4
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["code"] == "host_unreachable"
    by_id = {product["product_id"]: product for product in told["products"]}
    granted, waiting = by_id[str(studio.product_id)], by_id[str(server.product_id)]
    assert (granted["license_status"], granted["used"], granted["limit"]) == ("licensed", 1, 1)
    assert (waiting["license_status"], "used" in waiting) == ("notification", False)
    assert (granted["key_type"], waiting["key_type"]) == ("mak", "generic")


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "json"])
def test_renew_has_nothing_to_do_for_a_mak(site: Site, capsys: Captured, *, as_json: bool) -> None:
    """It says so and asks nobody: exit code 2, and the license stays."""
    site.install()
    assert site.tenure("client", "activate") == 0
    capsys.readouterr()
    assert site.tenure("client", "renew", *(["--json"] if as_json else [])) == 2
    told = capsys.readouterr()
    assert "nothing to renew" in told.out + told.err


def test_a_publisher_that_is_down_is_exit_code_4(site: Site, capsys: Captured) -> None:
    """Before and after: silence takes no license away, and says so."""
    site.install()
    silent = ("client", "activate", "--publisher", "http://127.0.0.1:9")
    assert site.tenure(*silent) == 4
    assert site.tenure("client", "activate") == 0
    capsys.readouterr()
    assert site.tenure(*silent) == 4
    assert "Draft Studio stays licensed." in capsys.readouterr().err
    assert site.tenure("client", "status") == 0


def test_a_catalog_without_an_address_needs_one(site: Site, capsys: Captured) -> None:
    """Exit code 2, and the option that cures it."""
    other = Site(site.home.root / "other")
    publisher.export_catalog(other.home, other.catalog)
    other.install()
    assert other.tenure("client", "activate") == 2
    assert "--publisher URL" in capsys.readouterr().err
