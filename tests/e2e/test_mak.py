"""A MAK of three and four machines: real processes, each machine with an installation id of its own."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulators.other_machines import machine, needs_machines
from simulators.processes import Finished, serving, tenure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "mak.md"


@dataclass
class Site:
    """A publisher that serves, and machines of a customer of its."""

    home: Path
    machines: Path

    @property
    def quickstart(self) -> dict[str, Any]:
        """Where everything is."""
        value: dict[str, Any] = json.loads((self.home / "quickstart.json").read_text())
        return value

    def issue(self, *arguments: str) -> dict[str, Any]:
        """A new key of Draft Studio."""
        issued = tenure(
            "publisher", "key", "issue", "--product", "Draft Studio", *arguments, "--json", home=self.home
        )
        assert issued.exit_code == 0, issued.err
        return issued.json

    def show(self, key: dict[str, Any]) -> dict[str, Any]:
        """How far the key is used, and by whom."""
        return tenure("publisher", "key", "show", key["key_id"], "--json", home=self.home).json

    def release(self, activation_id: str) -> Finished:
        """The publisher frees the place."""
        return tenure(
            *("publisher", "activation", "release", activation_id, "--reason", "stolen", "--json"),
            home=self.home,
        )

    def on(self, number: int, *arguments: str, stdin: str = "") -> Finished:
        """A command on the machine with this number."""
        home = self.machines / str(number)
        return tenure(*arguments, home=home, stdin=stdin, under=self._namespace(number))

    def install(self, number: int, key: dict[str, Any]) -> None:
        """The machine has the key, which no list of processes ever showed."""
        installed = self.on(
            number, "client", "install-key", "--catalog", self.quickstart["catalog"], stdin=key["key"] + "\n"
        )
        assert installed.exit_code == 0, installed.err

    def _namespace(self, number: int) -> Sequence[str]:
        return machine(self.machines / f"id-{number}", 1000 + number)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The publisher serves while the tests of this file run."""
    needs_machines()
    home = tmp_path_factory.mktemp("site")
    with serving("up", "--port", "0", "--publisher-port", "0", home=home):
        yield Site(home, tmp_path_factory.mktemp("machines"))


@pytest.mark.real
def test_a_mak_of_three_lets_three_machines_in_and_a_fourth_when_one_is_released(site: Site) -> None:
    """The fourth is refused with exit code 3; the second activates again for free; a released place is a free place."""
    key = site.issue("--type", "mak", "--activations", "3")
    for number in (1, 2, 3, 4):
        site.install(number, key)
    activations = []
    for number in (1, 2, 3):
        activated = site.on(number, "client", "activate", "--json")
        assert activated.exit_code == 0, activated.out + activated.err
        told = activated.json
        assert (told["license_status"], told["reason"]) == ("licensed", "activated")
        assert (told["minutes_remaining"], told["used"], told["limit"]) == (None, number, 3)
        activations.append(told["activation_id"])

    refused = site.on(4, "client", "activate", "--json")
    assert refused.exit_code == 3
    assert (refused.json["error"]["code"], refused.json["error"]["hresult"]) == ("key_limit", "0xC004C020")
    assert refused.json["license_status"] == "notification"

    again = site.on(2, "client", "activate", "--json")
    assert (again.exit_code, again.json["used"], again.json["activation_id"]) == (0, 3, activations[1])
    # A new machine id makes no new installation.
    assert site.on(2, "client", "rearm").exit_code == 0
    rearmed = site.on(2, "client", "activate", "--json")
    assert (rearmed.exit_code, rearmed.json["used"]) == (0, 3)

    shown = site.show(key)
    assert (shown["used"], shown["left"]) == (3, 0)
    assert [holder["activation_id"] for holder in shown["holders"]] == activations
    assert shown["holders"][1]["sub"] == rearmed.json["machine_id"]
    assert len({holder["fpr"] for holder in shown["holders"]}) == 3

    released = site.release(activations[0])
    assert (released.exit_code, released.json["used"], released.json["left"]) == (0, 2, 1)
    assert site.release(activations[0]).exit_code == 3
    late = site.on(4, "client", "activate", "--json")
    assert (late.exit_code, late.json["used"]) == (0, 3)
    # The released installation needs a place of its own again, and there is none.
    assert site.on(1, "client", "activate").exit_code == 3


@pytest.mark.real
def test_a_copied_disk_is_another_installation(site: Site) -> None:
    """Machine 6 starts with the disk of machine 5: not licensed by its grant, nor activated with its retail key."""
    key = site.issue("--type", "retail")
    site.install(5, key)
    assert site.on(5, "client", "activate").exit_code == 0
    (site.machines / "5").rename(site.machines / "6")
    told = site.on(6, "client", "status", "--json").json
    assert (told["license_status"], told["reason"]) == ("notification", "machine_changed")
    assert told["minutes_remaining"] == 70 * 24 * 60
    refused = site.on(6, "client", "activate", "--json")
    assert (refused.exit_code, refused.json["error"]["hresult"]) == (3, "0xC004C008")
    # Back in its own machine the disk is as good as ever.
    (site.machines / "6").rename(site.machines / "5")
    assert site.on(5, "client", "status", "--json").json["license_status"] == "licensed"


@pytest.mark.real
def test_the_words_of_slmgr_do_the_same(site: Site) -> None:
    """Installed, activated and permanently so; and nobody answers at a wrong address: exit code 4."""
    key = site.issue("--type", "mak", "--activations", "1")
    catalog = ("--catalog", site.quickstart["catalog"])
    installed = site.on(7, "slmgr", "/ipk", key["key"], *catalog)
    assert f"XXXXX-XXXXX-XXXXX-XXXXX-{key['key'][-5:]}" in installed.out
    silent = site.on(7, "client", "activate", "--publisher", "http://127.0.0.1:9", "--json")
    assert (silent.exit_code, silent.json["error"]["code"]) == (4, "publisher_unreachable")
    assert site.on(7, "slmgr", "/ato").exit_code == 0
    assert "The machine is permanently activated." in site.on(7, "slmgr", "/xpr").out
    assert "VOLUME_MAK channel" in site.on(7, "slmgr", "/dli").out


@pytest.mark.real
def test_the_publishers_part_of_the_guide_works_as_typed(site: Site) -> None:
    """Its `console` blocks are run, in their order, with real ids in place of the guide's."""
    key = site.issue("--type", "mak", "--activations", "3")
    site.install(8, key)
    activated = site.on(8, "client", "activate", "--json").json
    real = {"KEY_ID": key["key_id"], "ACTIVATION_ID": activated["activation_id"]}
    blocks = re.findall(r"^```console\n(.*?)^```", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)
    commands = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(commands) == 4
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "tenure"
        done = tenure(*(real.get(word, word) for word in words), home=site.home)
        assert done.exit_code == 0, (command, done.out, done.err)
    assert site.show(key)["used"] == 0
