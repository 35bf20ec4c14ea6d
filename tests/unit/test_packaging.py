"""What installing and importing Tenure brings along: only what a client needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
SERVER_MODULES = {
    "alembic",
    "dns",
    "filelock",
    "granian",
    "nacl",
    "rich",
    "segno",
    "sqlalchemy",
    "sqlite3",
    "uvloop",
}
"""What the extras bring, as it is imported, and the database module of the standard library."""


def installed_with(requirements: list[str]) -> set[str]:
    """The packages that pip would install for them here, by their canonical names."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        extras = requirement.extras or {""}
        waiting += [
            further
            for further in map(Requirement, requires(name) or [])
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    return found


def modules_after(program: str, *, home: Path) -> set[str]:
    """The names of the top-level packages, and of Tenure's modules, that a new process has loaded at its end."""
    program += "\nimport json, sys; print(json.dumps(list(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"TENURE_HOME": str(home), "PATH": ""},
    )
    names: list[str] = json.loads(done.stderr.splitlines()[-1])
    return {name if name.startswith("tenure.") else name.partition(".")[0] for name in names}


STATUS = """
from tenure.cli.command import run
from tenure.cli.main import command
assert run(command, ["client", "status"]) == 0
"""


def test_the_base_install_brings_under_ten_packages() -> None:
    """Transitively, Tenure itself included."""
    packages = installed_with(PROJECT["dependencies"]) | {"tenure"}
    assert {"click", "cryptography", "joserfc", "msgspec", "urllib3"} < packages
    assert len(packages) < 10, sorted(packages)


def test_what_the_servers_need_is_an_extra() -> None:
    """The base brings none of it."""
    extras = {
        canonicalize_name(Requirement(text).name)
        for texts in PROJECT["optional-dependencies"].values()
        for text in texts
    }
    assert "granian" in extras
    assert not extras & installed_with(PROJECT["dependencies"])


def test_importing_the_package_loads_nothing(tmp_path: Path) -> None:
    """Neither another module of it nor any package; a product pays for what it uses."""
    before = modules_after("", home=tmp_path)
    assert modules_after("import tenure", home=tmp_path) - before == {"tenure"}


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import tenure", id="import tenure"),
        pytest.param("from tenure import License", id="from tenure import License"),
        pytest.param(STATUS, id="tenure client status"),
    ],
)
def test_no_client_loads_what_only_servers_have(program: str, tmp_path: Path) -> None:
    """Nor does it load what talks to hosts, before it talks to one."""
    loaded = modules_after(program, home=tmp_path)
    assert not loaded & (SERVER_MODULES | {"dns", "urllib3"})


def test_a_machine_whose_host_is_set_pays_for_no_dns(tmp_path: Path) -> None:
    """Dnspython is loaded with the first question, and none is asked."""
    program = """
from tenure.adapters.dns.machine import MachineDns
from tenure.client.host_address import parse_host
from tenure.client.host_choice import hosts_to_ask
from tenure.client.state import Machine
from tenure.programs import agent, check_host, client, discovery
machine = Machine(machine_id=None, hosts=(parse_host("kms.example"),))
assert hosts_to_ask(machine, discovery.ways(machine).dns, None).hosts == machine.hosts
"""
    assert "dns" not in modules_after(program, home=tmp_path)


def test_the_library_checks_without_command_line_or_network(tmp_path: Path) -> None:
    """A product that calls `check` loads neither click nor HTTP nor DNS nor asyncio."""
    program = """
from uuid import UUID
from tenure import License
jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
assert License(root_key=jwk, product_id=UUID(int=1)).check().reason == "no_key"
"""
    assert not modules_after(program, home=tmp_path) & {"asyncio", "click", "dns", "tenure.cli", "urllib3"}
