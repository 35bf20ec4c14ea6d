"""A machine's whole life with real processes: its host, its clock, its agent, and a copy of its disk."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from simulators.other_machines import days_later, machine, needs_faketime, needs_machines
from simulators.processes import Finished, serving, tenure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A running system whose host has counted enough machines to grant every lease."""
    home = tmp_path_factory.mktemp("site")
    with serving("up", "--port", "0", "--publisher-port", "0", home=home):
        said: dict[str, Any] = json.loads((home / "quickstart.json").read_text())
        fleet = ("fleet", "--machines", "25", "--host", said["activation_url"], "--product", "Draft Studio")
        tenure(*fleet, "--catalog", said["catalog"], home=home)
        yield said


@pytest.fixture
def home(site: dict[str, Any], tmp_path: Path) -> Path:
    """The home of a machine with a key and that host, not activated yet."""
    home = tmp_path / "machine"
    product = next(p for p in site["products"] if p["name"] == "Draft Studio")
    installed = tenure(
        "client", "install-key", product["generic_key"], "--catalog", site["catalog"], home=home
    )
    assert installed.exit_code == 0, installed.err
    assert tenure("client", "set-host", site["activation_url"], home=home).exit_code == 0
    return home


def status(home: Path, *, under: Sequence[str] = ()) -> dict[str, Any]:
    """What `client status --json` prints."""
    told = tenure("client", "status", "--json", home=home, under=under)
    assert told.exit_code == 0, told.err
    return told.json


def on_day(home: Path, day: int) -> tuple[str, str]:
    """License status and reason so many days from now."""
    told = status(home, under=days_later(day))
    return told["license_status"], told["reason"]


def activate(home: Path, *, under: Sequence[str] = ()) -> Finished:
    """One contact with the host."""
    return tenure("client", "activate", "--json", home=home, under=under)


@pytest.mark.real
def test_a_license_from_its_first_day_to_its_end_and_back(home: Path) -> None:
    """Day 179, 181, 249, 250, 400; a clock set back a year; one contact at the true time."""
    needs_faketime()
    assert (status(home)["license_status"], status(home)["reason"]) == ("notification", "not_activated")
    assert activate(home).exit_code == 0
    assert on_day(home, 0) == ("licensed", "activated")
    assert on_day(home, 179) == ("licensed", "activated")
    assert on_day(home, 181) == ("notification", "lease_expired")
    assert on_day(home, 249) == ("notification", "lease_expired")
    assert on_day(home, 250) == ("reduced_functionality", "lease_expired")
    assert on_day(home, 400) == ("reduced_functionality", "lease_expired")
    # Neither the true time nor an earlier one helps a machine that has seen a later one ...
    assert on_day(home, 0) == ("reduced_functionality", "lease_expired")
    assert on_day(home, -365) == ("reduced_functionality", "lease_expired")
    # ... but one contact does.
    assert activate(home).exit_code == 0
    after = status(home)
    assert (after["license_status"], after["minutes_remaining"]) == ("licensed", 180 * 24 * 60)


@pytest.mark.real
def test_a_clock_set_back_a_year_makes_a_lease_no_longer(home: Path) -> None:
    """The minutes that are left stay, a contact is refused for the clock, and the status says that it was set back."""
    needs_faketime()
    assert activate(home).exit_code == 0
    last_year = days_later(-365)
    told = status(home, under=last_year)
    assert (told["license_status"], told["minutes_remaining"]) == ("licensed", 180 * 24 * 60)
    refused = activate(home, under=last_year)
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "clock_skew")
    assert refused.json["error"]["hresult"] == "0xC004F06C"
    assert "clock was set back" in tenure("client", "status", home=home, under=last_year).err


@pytest.mark.real
def test_a_clock_set_forward_and_back_again_is_told_and_cured_by_one_contact(home: Path) -> None:
    """A year ahead for a moment: the time that was seen counts until a host says what time it is."""
    needs_faketime()
    assert activate(home).exit_code == 0
    assert on_day(home, 365) == ("reduced_functionality", "lease_expired")
    back = tenure("client", "status", home=home)
    assert "reduced functionality" in back.out
    assert "clock was set back" in back.err
    assert activate(home).exit_code == 0
    assert "clock was set back" not in tenure("client", "status", home=home).err
    assert status(home)["license_status"] == "licensed"


@pytest.mark.real
def test_the_agent_cures_a_clock_that_was_wrong_by_itself(home: Path) -> None:
    """It says what is wrong, asks at once although no renewal is due, and all is well."""
    needs_faketime()
    assert activate(home).exit_code == 0
    assert on_day(home, 100) == ("licensed", "activated")
    with serving("client", "run", home=home) as agent:
        assert agent.stdout is not None
        said = ""
        while "has a lease until" not in said:
            line = agent.stdout.readline()
            assert line, said
            said += line
    assert "Set the clock right" in said
    told = status(home)
    assert (told["license_status"], told["minutes_remaining"]) == ("licensed", 180 * 24 * 60)


@pytest.mark.real
def test_a_state_folder_on_another_machine_is_no_license(home: Path, tmp_path: Path) -> None:
    """`machine_changed`, and why; its next contact uses a machine id of its own, and the original stays as it was."""
    needs_machines()
    original = machine(tmp_path / "original-id", 1)
    clone = machine(tmp_path / "clone-id", 2)
    assert activate(home, under=original).exit_code == 0
    before = status(home, under=original)
    assert (before["license_status"], before["fingerprint_source"]) == ("licensed", "os")
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)

    copied = status(copy, under=clone)
    assert (copied["license_status"], copied["reason"]) == ("notification", "machine_changed")
    assert copied["machine_id"] == before["machine_id"]
    words = tenure("client", "status", home=copy, under=clone)
    assert "machine changed" in words.out
    assert "copied from another machine" in words.err

    assert activate(copy, under=clone).exit_code == 0
    after = status(copy, under=clone)
    assert (after["license_status"], after["reason"]) == ("licensed", "activated")
    assert after["machine_id"] != before["machine_id"]
    unharmed = status(home, under=original)
    assert (unharmed["license_status"], unharmed["machine_id"]) == ("licensed", before["machine_id"])


@pytest.mark.real
def test_a_copy_that_is_never_activated_ends_as_its_lease_would(home: Path, tmp_path: Path) -> None:
    """`machine_changed` is notification until 70 days after the lease, then reduced functionality."""
    needs_machines()
    needs_faketime()
    assert activate(home, under=machine(tmp_path / "original-id", 3)).exit_code == 0
    clone = machine(tmp_path / "clone-id", 4)
    seen = [
        (told["license_status"], told["reason"])
        for told in (status(home, under=(*clone, *days_later(day))) for day in (0, 249, 250))
    ]
    assert seen == [
        ("notification", "machine_changed"),
        ("notification", "machine_changed"),
        ("reduced_functionality", "machine_changed"),
    ]
