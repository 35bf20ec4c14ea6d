"""`tenure slmgr`, `rearm` and `remove-key` on a machine without a host, against a host on a real socket."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from simulators.refusing_dns import refusing_dns
from simulators.world import SHORT

if TYPE_CHECKING:
    from simulators.command_line import Cli

    Captured = pytest.CaptureFixture[str]


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def said(cli: Cli, capsys: Captured, *words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of `tenure slmgr ...`."""
    capsys.readouterr()
    code = cli("slmgr", *words)
    return code, *capsys.readouterr()


def test_a_machine_is_set_up_in_the_words_of_slmgr(cli: Cli, capsys: Captured) -> None:
    """Key, host, activation: Microsoft's sentences, and a license at the end."""
    catalog = ("--catalog", str(cli.catalog_file))
    assert said(cli, capsys, "/ipk", cli.key, *catalog)[:2] == (
        0,
        f"Installed product key {cli.key} successfully.\nIt is the key of Draft Studio.\n",
    )
    address = cli.url.removeprefix("http://")
    code, out, _ = said(cli, capsys, "/skms", address)
    assert (code, out) == (0, f"Key Management Service machine name set to {address} successfully.\n")
    code, out, _ = said(cli, capsys, "/ato")
    assert code == 0
    assert out.startswith("Activating Draft Studio (")
    assert out.endswith("Product activated successfully.\n")
    code, out, _ = said(cli, capsys, "-DLI")
    assert code == 0
    assert "License Status: Licensed\nVolume activation expiration: 259200 minute(s) (180 day(s))\n" in out


def test_a_short_count_is_microsofts_error(cli: Cli, capsys: Captured) -> None:
    """Exit 3, 0xC004F038, and what to do; what was asked for is told before it."""
    cli.install()
    cli.host.script.append(SHORT)
    code, out, err = said(cli, capsys, "/ato")
    assert code == 3
    assert out.startswith("Activating Draft Studio (")
    assert err.startswith("Error: 0xC004F038 ")
    assert "18 more are missing" in err
    assert "--wait" in err


def test_json_tells_the_same(cli: Cli, capsys: Captured) -> None:
    """The switch, the lines and the facts; an error beside them."""
    cli.install()
    cli.host.script.append(SHORT)
    capsys.readouterr()
    assert cli("slmgr", "-Ato", "--json") == 3
    found = printed(capsys)
    assert (found["switch"], found["error"]["hresult"]) == ("/ato", "0xC004F038")
    assert found["activations"][0]["activated"] is False
    assert cli("slmgr", "/ato", "--json") == 0
    capsys.readouterr()
    assert cli("slmgr", "--json", "/dlv", "all") == 0
    found = printed(capsys)
    assert [p["license_status"] for p in found["products"]] == ["licensed", "unlicensed"]
    assert found["host"] is None
    assert "License Status: Licensed" in found["message"]


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        pytest.param("kms.corp.example", "kms.corp.example:1688", id="a-name"),
        pytest.param("KMS.corp.example:1700", "kms.corp.example:1700", id="a-name-and-a-port"),
        pytest.param("10.0.0.5:1688", "10.0.0.5:1688", id="an-address"),
        pytest.param("[2001:db8::1]:1688", "[2001:db8::1]:1688", id="ipv6"),
        pytest.param("https://kms.corp.example", "kms.corp.example:1688", id="tls"),
        pytest.param("auto:1688", "auto:1688", id="a-host-named-auto"),
    ],
)
def test_skms_takes_every_form_of_an_address(cli: Cli, capsys: Captured, typed: str, host: str) -> None:
    """The port is 1688 unless one is given."""
    capsys.readouterr()
    assert cli("slmgr", "/skms", typed, "--json") == 0
    assert printed(capsys)["hosts"] == [host]


@pytest.mark.parametrize("switch", [("/skms", "auto"), ("/SKMS", "AUTO"), ("/ckms",)])
def test_auto_and_ckms_clear_the_host(cli: Cli, capsys: Captured, switch: tuple[str, ...]) -> None:
    """The lease stays, and `/dli` says that none was found yet; `/ato` asks the DNS, which refuses here."""
    cli.install()
    assert cli("slmgr", "/ato") == 0
    code, out, _ = said(cli, capsys, *switch)
    assert (code, out.splitlines()[0]) == (0, "Key Management Service machine name cleared successfully.")
    out = said(cli, capsys, "/dli")[1]
    assert "License Status: Licensed" in out
    assert "DNS auto-discovery: KMS name not available" in out
    with refusing_dns() as server:
        assert cli("client", "discovery", "--domain", "corp.test", "--dns-server", server) == 0
        code, _, err = said(cli, capsys, "/ato")
    assert (code, err.startswith("Error: 0x8007232D ")) == (4, True)
    assert "_tenure._tcp.corp.test" in err


def test_a_port_alone_belongs_to_the_host_that_is_set(cli: Cli, capsys: Captured) -> None:
    """And is refused where none is set."""
    assert said(cli, capsys, "/skms", ":1700")[0] == 2
    assert cli("slmgr", "/skms", "kms.example") == 0
    assert "set to kms.example:1700 " in said(cli, capsys, "/skms", ":1700")[1]
    assert said(cli, capsys, "/skms", ":99999")[0] == 2


def test_a_lookup_domain_is_stored_and_told(cli: Cli, capsys: Captured) -> None:
    """With Microsoft's warning while a host is set."""
    cli.install()
    code, out, _ = said(cli, capsys, "/skms-domain", "Corp.Example")
    assert code == 0
    assert "lookup domain set to corp.example successfully" in out
    assert "/skms setting is in effect" in out
    cli("slmgr", "/ato")
    assert "Registered KMS SRV record lookup domain: corp.example" in said(cli, capsys, "/dli")[1]
    assert said(cli, capsys, "/ckms-domain")[0] == 0
    assert "lookup domain" not in said(cli, capsys, "/dli")[1]


def test_host_caching_is_turned_off_and_on(cli: Cli, capsys: Captured) -> None:
    """In Microsoft's words; `/dlv` tells which, and so does `tenure client discovery`."""
    cli.install()
    assert cli("slmgr", "/ato") == 0
    for switch, word in (("/ckhc", "disabled"), ("/skhc", "enabled")):
        assert said(cli, capsys, switch)[:2] == (0, f"KMS host caching is {word}.\n")
        assert f"KMS host caching is {word}" in said(cli, capsys, "/dlv")[1]
        capsys.readouterr()
        assert cli("client", "discovery", "--json") == 0
        assert printed(capsys)["host_caching"] is (word == "enabled")


def test_rearm_and_upk(cli: Cli, capsys: Captured) -> None:
    """A new id and no lease; then no key; then nothing is left to tell of."""
    cli.install()
    cli("slmgr", "/ato")
    code, out, _ = said(cli, capsys, "/rearm")
    assert (code, out.splitlines()[0]) == (0, "Command completed successfully.")
    assert "1 lease(s) were dropped" in out
    assert "Notification Reason: 0xC004F056." in said(cli, capsys, "/dli")[1]
    code, out, _ = said(cli, capsys, "/upk")
    assert (code, out.splitlines()[0]) == (0, "Uninstalled product key successfully.")
    for switch in ("/dli", "/dlv", "/xpr", "/ato", "/upk"):
        code, _, err = said(cli, capsys, switch)
        assert (code, err.startswith("Error: 0xC004F014 ")) == (2, True), switch


def test_of_several_products_one_can_be_named(cli: Cli, capsys: Captured) -> None:
    """By id or by name, for every switch that takes one; of none of them the first is meant."""
    cli.install()
    server = cli.publisher.server
    assert cli("slmgr", "/ipk", server.generic_keys[0]) == 0
    assert said(cli, capsys, "/ato", str(server.product_id))[1].startswith("Activating Render Server (")
    assert "Name: Render Server" in said(cli, capsys, "/dli", str(server.product_id).upper())[1]
    assert said(cli, capsys, "/xpr", "Render Server")[1].startswith("Render Server:\n    Volume activation")
    out = said(cli, capsys, "/dli")[1]
    assert "Name: Draft Studio" in out
    assert "1 more installed" in out
    assert said(cli, capsys, "/xpr", "ALL")[1].count("    ") == 3
    assert said(cli, capsys, "/upk")[0] == 2
    assert said(cli, capsys, "/upk", "Render Server")[0] == 0


@pytest.mark.parametrize("switch", ["/ato", "/dli", "/dlv", "/xpr", "/upk"])
def test_an_unknown_product_is_told_as_windows_does(cli: Cli, capsys: Captured, switch: str) -> None:
    """0xC004F069, and exit 2."""
    cli.install()
    code, _, err = said(cli, capsys, switch, "No Such Product")
    assert (code, err.startswith("Error: 0xC004F069 ")) == (2, True)


@pytest.mark.parametrize("switch", ["/sai", "/sri", "/sprt"])
def test_a_hosts_setting_needs_a_host(cli: Cli, capsys: Captured, switch: str) -> None:
    """On a machine it is refused, and the error says where it belongs."""
    code, _, err = said(cli, capsys, switch, "1700")
    assert code == 2
    assert "host's setting" in err
    assert not (cli.home / "host").exists()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        pytest.param(("/cpky",), 0, "no registry", id="cpky"),
        pytest.param(("/spri",), 0, "without effect", id="spri"),
        pytest.param(("/cpri",), 0, "without effect", id="cpri"),
        pytest.param(("/act-type",), 0, "Activation Type: KMS", id="act-type"),
        pytest.param(("/act-type", "2"), 0, "Activation Type: KMS", id="act-type-kms"),
        pytest.param(("/act-type", "1"), 2, "not built yet", id="act-type-directory"),
        pytest.param(("/act-type", "3"), 2, "no activation by token", id="act-type-token"),
        pytest.param(("/act-type", "9"), 2, "no activation type", id="act-type-nonsense"),
        pytest.param(("/fta", "abcd"), 2, "/skms HOST", id="token"),
        pytest.param(("/dti",), 2, "MAK", id="dti"),
        pytest.param(("/atp", "no-such-file"), 2, "There is no file", id="atp"),
        pytest.param(("/ao-list",), 2, "comes later", id="later"),
        pytest.param(("/sai", "many"), 2, "no whole number", id="no-number"),
        pytest.param(("pc42", "/dli"), 2, "ssh pc42", id="remote"),
        pytest.param((), 2, "/?", id="nothing"),
        pytest.param(("/?",), 0, "/skms-domain DOMAIN", id="list"),
        pytest.param(("-H",), 0, "/skms-domain DOMAIN", id="help"),
    ],
)
def test_what_does_nothing_says_so(
    cli: Cli, capsys: Captured, words: tuple[str, ...], code: int, told: str
) -> None:
    """In words, with the right exit code, and nothing is written."""
    found, out, err = said(cli, capsys, *words)
    assert found == code
    assert told in out + err
    assert not cli.home.exists()


def test_a_bad_key_is_told_as_windows_does(cli: Cli, capsys: Captured) -> None:
    """0xC004F050 for half a key and for one that is mistyped."""
    for key in ("ABCDE", cli.key[:-1] + ("B" if cli.key[-1] != "B" else "C")):
        code, _, err = said(cli, capsys, "/ipk", key)
        assert (code, err.startswith("Error: 0xC004F050 ")) == (2, True)


def test_damage_is_told(cli: Cli, capsys: Captured) -> None:
    """A machine whose files are damaged hears it from `/dli`, too."""
    cli.install()
    (cli.home / "client" / "machine.json").write_text("{")
    code, out, err = said(cli, capsys, "/dli")
    assert code == 0
    assert "is damaged and was set aside" in err
    assert "Name: Draft Studio" in out


def test_rearm_command(cli: Cli, capsys: Captured) -> None:
    """People and programs are told the new id; an empty machine exits 2."""
    assert cli("client", "rearm") == 2
    cli.install()
    cli("client", "activate")
    capsys.readouterr()
    assert cli("client", "rearm", "--json") == 0
    told = printed(capsys)
    assert told["leases_dropped"] == 1
    assert cli("client", "status", "--json") == 0
    assert printed(capsys)["machine_id"] == told["machine_id"]
    assert cli("client", "rearm") == 0
    assert "Next: tenure client activate" in capsys.readouterr().out


def test_remove_key_command(cli: Cli, capsys: Captured) -> None:
    """By id or name, or the only one; what was removed is told."""
    cli.install()
    cli("client", "activate")
    capsys.readouterr()
    assert cli("client", "remove-key", "--product", "Draft Studio", "--json") == 0
    assert printed(capsys) == {
        "product": "Draft Studio",
        "product_id": str(cli.publisher.workstation.product_id),
        "partial_key": cli.key[-5:],
        "lease_dropped": True,
        "grant_dropped": False,
    }
    assert cli("client", "remove-key") == 2
    assert cli("client", "remove-key", "--product", "Nothing") == 2
    cli.install()
    capsys.readouterr()
    assert cli("client", "remove-key") == 0
    assert f"...{cli.key[-5:]} of Draft Studio is removed" in capsys.readouterr().out


def test_a_client_needs_none_of_the_servers_packages() -> None:
    """Where no host is, nothing of SQL, the server or tables is imported."""
    program = (
        "import sys, tenure.cli.slmgr, tenure.cli.client.rearm, tenure.cli.client.remove_key;"
        "print({'alembic', 'filelock', 'granian', 'rich', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"
