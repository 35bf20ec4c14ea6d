"""A MAK of three and four isolated machines: real processes, real files, and a machine id of each machine's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from simulators.other_machines import machine, needs_machines
from simulators.processes import Finished, serving, tenure

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

MACHINES = (1, 2, 3, 4)


class Lab:
    """The machines, a folder that is carried, and the publisher."""

    def __init__(self, folder: Path) -> None:
        """The publisher has issued a MAK of three, and every machine has it."""
        needs_machines()
        self.folder = folder
        self.requests = folder / "requests"
        self.publisher("init", "--name", "Example Software")
        self.publisher("product", "add", "--name", "Draft Studio", "--kind", "workstation")
        issue = ("key", "issue", "--type", "mak", "--activations", "3", "--product", "Draft Studio")
        issued = self.publisher(*issue).json
        self.key_id = issued["key_id"]
        self.publisher("catalog", "export", "--out", str(folder / "catalog.json"))
        self.machine_ids: dict[int, str] = {}
        for number in MACHINES:
            install = ("install-key", issued["key"], "--catalog", str(folder / "catalog.json"))
            self.machine_ids[number] = self.client(number, *install)["machine_id"]

    def publisher(self, *words: str, code: int = 0) -> Finished:
        """What `tenure publisher ... --json` did, at this exit code."""
        done = tenure("publisher", *words, "--json", home=self.folder / "publisher")
        assert done.exit_code == code, done
        return done

    def client(self, number: int, *words: str, code: int = 0) -> dict[str, Any]:
        """What `tenure client ... --json` prints on a machine, at this exit code."""
        under = machine(self.folder / f"machine-id-{number}", number)
        done = tenure("client", *words, "--json", home=self.folder / str(number), under=under)
        assert done.exit_code == code, done
        return done.json

    def asked_again(self, number: int) -> dict[str, Any]:
        """What a machine tells after its request went to the publisher on paper, and the answer back."""
        request, out = self.folder / "request.txt", self.folder / "confirmation.txt"
        self.client(number, "activate", "--offline", str(request))
        self.publisher("activate-request", str(request), "--out", str(out))
        return self.client(number, "activate", "--confirmation", str(out))


def url_of(process: subprocess.Popen[str]) -> str:
    """Where a publisher serves that was started with `--json`; the object's first line was read already."""
    assert process.stdout is not None
    url: str = json.loads("{" + process.stdout.readline() + "}")["url"]
    return url


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Four machines with the MAK, none of them activated."""
    return Lab(tmp_path)


def test_a_mak_of_three_activates_three_of_four_isolated_machines(lab: Lab) -> None:
    """One machine collects for all; the fourth is refused with exit code 3, and let in for one that is released.

    The publisher itself, given the same folder, gives the same grants; and a machine that has one may ask again.
    """
    for number in MACHINES:
        lab.client(number, "activate", "--offline", f"{lab.requests}/")
    by_network, by_hand = lab.folder / "by-network.json", lab.folder / "by-hand.json"
    with serving("publisher", "serve", "--port", "0", "--json", home=lab.folder / "publisher") as process:
        collect = ("collect", str(lab.requests), "--out", str(by_network), "--publisher", url_of(process))
        done = tenure("client", *collect, "--json", home=lab.folder / "collector")
    assert (done.exit_code, done.json["granted"], done.json["failed"]) == (3, 3, 1)
    lab.publisher("activate-request", str(lab.requests), "--out", str(by_hand), code=3)
    hand, network = (json.loads(file.read_bytes()) for file in (by_hand, by_network))
    # Over the network a refusal's detail and its cure are one text.
    (told,), (heard,) = hand.pop("refusals"), network.pop("refusals")
    assert hand == network
    assert f"{told.pop('detail')} {told.pop('cure')}" == heard.pop("detail")
    assert told == heard

    (fourth,) = [one for one in done.json["requests"] if not one["granted"]]
    assert fourth["error"]["hresult"] == "0xC004C020"
    others = dict(lab.machine_ids)
    left_out = next(number for number, machine_id in others.items() if machine_id == fourth["asker"])
    del others[left_out]
    for number in others:
        assert lab.client(number, "deposit", str(by_network))["license_status"] == "licensed"
    lab.client(left_out, "deposit", str(by_network), code=3)

    first, second, _ = others
    assert lab.asked_again(second)["used"] == 3
    holders = lab.publisher("key", "show", lab.key_id).json["holders"]
    (lost,) = [one["activation_id"] for one in holders if one["sub"] == others[first]]
    lab.publisher("activation", "release", lost)
    assert lab.asked_again(left_out)["license_status"] == "licensed"
