"""The runbook of a publisher's key changes does what it says: its commands are run, in their order, as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from simulators.processes import serving, tenure
from tenure.adapters.http.client import HttpClient
from tenure.wire.jws import Typ, read

RUNBOOK = Path(__file__).parents[2] / "docs" / "how-to" / "rotate-keys.md"
COMMAND = re.compile(r"^(publisher|host|machine)\$ (.*)$", flags=re.MULTILINE)


def chapters() -> dict[str, list[tuple[str, str]]]:
    """Under each heading, who types what."""
    parts = re.split(r"^## (.*)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    return {title: COMMAND.findall(text) for title, text in zip(parts[1::2], parts[2::2], strict=True)}


class Site:
    """A publisher and a host that `tenure up` serves, and a machine that is licensed there."""

    def __init__(self, folder: Path) -> None:
        """24 others were counted before; the machine has a key, and a lease."""
        self.catalog = folder / "catalog.json"
        self.homes = {"publisher": folder / "site", "host": folder / "site", "machine": folder / "machine"}
        said = json.loads((self.homes["host"] / "quickstart.json").read_text())
        self.product: dict[str, str] = next(p for p in said["products"] if p["kind"] == "workstation")
        self.url, product_id = said["activation_url"], self.product["product_id"]
        tenure(
            "fleet", "--machines", "24", "--host", self.url, "--product", product_id, home=self.homes["host"]
        )
        self.types(
            "machine", f"tenure client install-key {self.product['generic_key']} --catalog {said['catalog']}"
        )
        self.types("machine", f"tenure client set-host {self.url}")
        self.types("machine", "tenure client activate")

    def types(self, who: str, command: str) -> dict[str, Any]:
        """What the command says; it must work."""
        program, *words = shlex.split(command)
        assert program == "tenure"
        words = [str(self.catalog) if word == "catalog.json" else word for word in words]
        done = tenure(*words, "--json", home=self.homes[who])
        assert done.exit_code == 0, (who, command, done.out, done.err)
        if command == "tenure host activate":
            # The server looks each second at what other programs wrote into its home.
            while self._served_kid != self.key_in_use("signing"):
                pass
        return done.json

    @property
    def _served_kid(self) -> str:
        """The key that signed the certificate which the host gives to machines now."""
        answer = HttpClient().request("GET", f"{self.url}/v1/certificates")
        (certificate,) = json.loads(answer.body)["certificates"]
        return read(certificate, Typ.HOST).kid

    @property
    def signing_kid(self) -> str:
        """The key by which the machine's lease is vouched for: that of its host's certificate."""
        path = self.homes["machine"] / "client" / "leases" / f"{self.product['product_id']}.json"
        return read(json.loads(path.read_text())["certificate"], Typ.HOST).kid

    def key_in_use(self, name: str) -> str:
        """The kid of the publisher's `root` or `signing` key."""
        kid: str = json.loads((self.homes["publisher"] / "publisher" / f"{name}.pub.jwk").read_text())["kid"]
        return kid


@pytest.mark.timeout(240)
def test_the_runbook_executed_from_top_to_bottom(tmp_path: Path) -> None:
    """After each chapter the machine holds a new lease, vouched for by the key that is in use now."""
    played = {title: commands for title, commands in chapters().items() if commands}
    assert list(played) == ["The signing key, as planned", "The signing key was lost", "The root"]
    with serving("up", "--port", "0", "--publisher-port", "0", home=tmp_path / "site"):
        site = Site(tmp_path)
        for title, commands in played.items():
            before = {"signing": site.key_in_use("signing"), "root": site.key_in_use("root")}
            lease = site.types("machine", "tenure client status")["lease_id"]
            for who, command in commands:
                site.types(who, command)
            changed = "root" if title == "The root" else "signing"
            after = {"signing": site.key_in_use("signing"), "root": site.key_in_use("root")}
            assert {name for name in after if after[name] != before[name]} == {changed}
            assert site.signing_kid == after["signing"]
            status = site.types("machine", "tenure client status")
            assert status["license_status"] == "licensed"
            assert status["lease_id"] != lease
