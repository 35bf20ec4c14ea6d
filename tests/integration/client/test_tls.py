"""A machine that asks its hosts over TLS: whom it trusts, what it says when it does not, and that it never falls back."""

from __future__ import annotations

import json
import ssl
import stat
from typing import TYPE_CHECKING, Any

import pytest

from simulators.agents import agent
from simulators.certificates import DAY, SimulatedCa, self_signed, server_context, speak_only
from simulators.command_line import listening
from simulators.listener import recording
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.host_transport import HttpHostTransport
from tenure.client.exchange import Call
from tenure.client.host_address import parse_host
from tenure.core.errors import Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from simulators.command_line import Cli
    from tenure.adapters.files.tls_files import TlsFiles

    Captured = pytest.CaptureFixture[str]

CLIENT_HELLO = b"\x16\x03"
"""How a TLS handshake begins (RFC 8446, section 5.1)."""


@pytest.fixture
def ca(tmp_path: Path) -> SimulatedCa:
    """The site's own authority."""
    return SimulatedCa(tmp_path)


@pytest.fixture
def tls_url(cli: Cli, ca: SimulatedCa) -> Iterator[str]:
    """The host of the command line, over TLS, at `https://localhost`."""
    with listening(cli.host, tls=server_context(ca.issue())) as url:
        yield url


def install(cli: Cli, *host: str) -> None:
    """The workstation's key is installed and these are the hosts."""
    assert cli("client", "install-key", cli.key, "--catalog", str(cli.catalog_file)) == 0
    assert cli("client", "set-host", *host) == 0


def printed(capsys: Captured) -> dict[str, Any]:
    """The JSON object that was printed last."""
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def error_of(cli: Cli, capsys: Captured, exit_code: int) -> dict[str, str]:
    """What `activate` says when it gets no lease."""
    capsys.readouterr()
    assert cli("client", "activate", "--json") == exit_code
    error: dict[str, str] = printed(capsys)["error"]
    return error


def test_an_authority_of_ones_own_is_named_once_and_kept(
    cli: Cli, ca: SimulatedCa, tls_url: str, capsys: Captured
) -> None:
    """A copy lies in the home, for every program to read; activating and renewing need no word of it any more."""
    install(cli, tls_url, "--ca", str(ca.file))
    ca.file.unlink()
    assert cli("client", "activate") == 0
    assert cli("client", "renew") == 0
    kept = cli.home / "client" / "ca.pem"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o644
    capsys.readouterr()
    assert cli("client", "tls", "--json") == 0
    assert printed(capsys) == {"tls": "off", "ca": str(kept), "refused_hosts": []}


@pytest.mark.parametrize("command", ["activate", "renew"])
def test_an_authority_may_be_named_when_asking(cli: Cli, ca: SimulatedCa, tls_url: str, command: str) -> None:
    """It is kept, as with `set-host`, until the system's authorities are named."""
    install(cli, cli.url)
    assert cli("client", "activate") == 0
    assert cli("client", "set-host", tls_url) == 0
    assert cli("client", command) == 5
    assert cli("client", command, "--ca", str(ca.file)) == 0
    assert cli("client", command) == 0
    assert cli("client", command, "--ca", "system") == 5


def test_an_agent_trusts_the_same_authority(cli: Cli, ca: SimulatedCa, tls_url: str) -> None:
    """Also one that is named while it runs."""
    install(cli, tls_url)
    with agent(cli.home) as it:
        it.until("is not trusted")
        assert cli("client", "set-host", tls_url, "--ca", str(ca.file)) == 0
        it.until("has a lease until")


def test_a_fleet_trusts_the_authority_that_is_named(
    cli: Cli, ca: SimulatedCa, tls_url: str, capsys: Captured
) -> None:
    """With it every machine is licensed, without it the run ends before the first asks."""
    fleet = ["fleet", "--machines", "2", "--host", tls_url, "--product", "Draft Studio"]
    fleet += ["--catalog", str(cli.catalog_file), "--json"]
    assert cli(*fleet) == 5
    capsys.readouterr()
    assert cli(*fleet, "--ca", str(ca.file)) == 0
    assert printed(capsys)["licensed"] == 2


def test_a_lost_copy_of_the_authority_is_no_reason_to_trust_the_systems(
    cli: Cli, ca: SimulatedCa, tls_url: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who can delete a file must not widen whom the machine trusts; exit 1 names the file and the cure."""
    install(cli, tls_url, "--ca", str(ca.file))
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.file))
    kept = cli.home / "client" / "ca.pem"
    kept.unlink()
    assert cli("client", "activate") == 1
    assert str(kept) in (told := capsys.readouterr().err)
    assert "--ca" in told
    assert cli("client", "activate", "--ca", "system") == 0


WRONG = [
    pytest.param(lambda ca: ca.issue("other.example"), "for another name", "check-host", id="another name"),
    pytest.param(lambda ca: ca.issue(begins_in=-2 * DAY, ends_in=-DAY), "has expired", "clock", id="expired"),
    pytest.param(
        lambda ca: ca.issue(begins_in=DAY, ends_in=2 * DAY), "not valid yet", "clocks", id="not valid yet"
    ),
    pytest.param(
        lambda ca: SimulatedCa(ca.folder).issue(), "not trusted here", "--ca FILE", id="unknown authority"
    ),
    pytest.param(lambda ca: self_signed(ca.folder), "self-signed", "--ca FILE", id="self-signed"),
]
"""Certificates at `localhost` that no machine with this authority takes: reason and cure."""


@pytest.mark.parametrize(("make", "reason", "cure"), WRONG)
def test_a_certificate_that_is_wrong_is_told_by_what_is_wrong_with_it(
    cli: Cli,
    ca: SimulatedCa,
    capsys: Captured,
    *,
    make: Callable[[SimulatedCa], TlsFiles],
    reason: str,
    cure: str,
) -> None:
    """Exit 5, `tls_untrusted`, with a cure of its own; the host was asked nothing."""
    with listening(cli.host, tls=server_context(make(ca))) as url:
        install(cli, url, "--ca", str(ca.file))
        error = error_of(cli, capsys, 5)
    assert error["code"] == "tls_untrusted"
    assert reason in error["detail"]
    assert "Nothing was sent" in error["detail"]
    assert cure in error["cure"]
    assert cli.host.bodies == []


def test_an_address_must_stand_in_the_certificate_too(cli: Cli, ca: SimulatedCa, capsys: Captured) -> None:
    """A host that is set by its IP address shows a certificate for it, or is not trusted."""
    for names, exit_code in ((["localhost"], 5), (["127.0.0.1"], 0)):
        with listening(cli.host, tls=server_context(ca.issue(*names))) as url:
            install(cli, url.replace("localhost", "127.0.0.1"), "--ca", str(ca.file))
            assert cli("client", "activate") == exit_code
    assert "not for this IP address" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["kms.corp.test", "other.corp.test"])
def test_a_host_that_was_looked_up_is_checked_by_its_name(cli: Cli, ca: SimulatedCa, name: str) -> None:
    """Whatever address the DNS gave for it: the certificate is for the name."""
    http = HttpClient(ca=ca.file)
    with listening(cli.host, tls=server_context(ca.issue("kms.corp.test"))) as url:
        transport = HttpHostTransport(http, lambda _name: ["127.0.0.1"], tls_required=True)
        host = parse_host(f"{name}:{parse_host(url).port}")
        if name == "kms.corp.test":
            assert transport.ask(host, Call("GET", "/v1/catalogs")).status == 200
        else:
            with pytest.raises(Untrusted, match="for another name"):
                transport.ask(host, Call("GET", "/v1/catalogs"))
    http.close()


def test_without_a_ca_the_systems_authorities_are_trusted(
    cli: Cli, ca: SimulatedCa, tls_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As OpenSSL finds them: here a file that the environment names."""
    install(cli, tls_url)
    assert cli("client", "activate") == 5
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.file))
    assert cli("client", "activate") == 0


def test_a_host_that_speaks_tls_only_is_told_to_a_machine_that_asks_without(
    cli: Cli, tls_url: str, capsys: Captured
) -> None:
    """Exit 4; the cure names the scheme."""
    install(cli, tls_url.replace("https://", ""))
    error = error_of(cli, capsys, 4)
    assert error["code"] == "host_unreachable"
    assert cli.host.bodies == []


def test_a_tls_alert_in_answer_to_plain_http_is_understood(cli: Cli, capsys: Captured) -> None:
    """What granian's TLS sends before it hangs up."""
    with recording(answer=bytes.fromhex("15030300020232")) as listener:
        install(cli, f"{listener.address}:{listener.port}")
        error = error_of(cli, capsys, 4)
    assert "speaks TLS only" in error["detail"]
    assert "https://" in error["cure"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS", id="plain HTTP"),
        pytest.param(bytes.fromhex("15030100020246"), "no TLS that is allowed", id="alert: protocol version"),
        pytest.param(
            bytes.fromhex("15030300020228"), "no TLS that is allowed", id="alert: handshake failure"
        ),
        pytest.param(b"", "gave no answer", id="hangs up"),
        pytest.param(b"\x00" * 500, "does not speak TLS", id="zeros"),
    ],
)
def test_a_handshake_that_fails_is_never_followed_by_plain_http(
    cli: Cli, capsys: Captured, answer: bytes, words: str
) -> None:
    """However it fails and however often the machine asks again: the wire has seen TLS handshakes and nothing else."""
    with recording(answer=answer) as listener:
        install(cli, f"https://{listener.address}:{listener.port}")
        capsys.readouterr()
        assert cli("client", "activate", "--wait", "1.2") == 4
        assert cli("client", "activate") == 4
    assert words in capsys.readouterr().err
    assert len(listener.received) >= 2
    assert all(said.startswith(CLIENT_HELLO) for said in listener.received)
    assert not any(b"HTTP/" in said or b"machine_id" in said for said in listener.received)


@pytest.mark.parametrize(
    ("version", "exit_code"), [(ssl.TLSVersion.TLSv1_1, 4), (ssl.TLSVersion.TLSv1_2, 0)], ids=["1.1", "1.2"]
)
def test_a_host_that_speaks_nothing_newer_than_tls_1_1_is_not_asked(
    cli: Cli, ca: SimulatedCa, capsys: Captured, version: ssl.TLSVersion, exit_code: int
) -> None:
    """The same host with TLS 1.2 grants."""
    context = speak_only(server_context(ca.issue()), version)
    with listening(cli.host, tls=context) as url:
        install(cli, url, "--ca", str(ca.file))
        assert cli("client", "activate") == exit_code
    assert len(cli.host.bodies) == (exit_code == 0)
    assert ("no TLS that is allowed here (1.2 or newer)" in capsys.readouterr().err) == (exit_code == 4)


def test_a_machine_that_demands_tls_asks_a_plain_name_over_tls(
    cli: Cli, ca: SimulatedCa, tls_url: str, capsys: Captured
) -> None:
    """Whether the host was set before or after; without the demand it is plain HTTP."""
    name = tls_url.removeprefix("https://")
    install(cli, name, "--ca", str(ca.file))
    assert cli("client", "tls", "required") == 0
    assert cli("client", "activate") == 0
    capsys.readouterr()
    assert cli("client", "set-host", name, "--json") == 0
    assert printed(capsys)["urls"] == [tls_url]
    assert cli("client", "tls", "off") == 0
    capsys.readouterr()
    assert cli("client", "set-host", name, "--json") == 0
    assert printed(capsys)["urls"] == [f"http://{name}"]


def test_a_machine_that_demands_tls_sends_no_byte_to_a_plain_host(cli: Cli, capsys: Captured) -> None:
    """One that was set before is not asked any more, and told; another is not taken. Not even a connection is made."""
    with recording() as listener:
        plain = f"http://{listener.address}:{listener.port}"
        install(cli, plain)
        capsys.readouterr()
        assert cli("client", "tls", "required", "--json") == 0
        assert printed(capsys)["refused_hosts"] == [f"{listener.address}:{listener.port}"]
        error = error_of(cli, capsys, 3)
        assert error["code"] == "tls_required"
        assert "tenure client set-host https://" in error["cure"]
        assert cli("client", "set-host", plain) == 3
        assert cli("client", "check-host") == 3
        with agent(cli.home) as it:
            it.until("over TLS only")
    assert listener.received == []


def test_a_contact_test_tells_version_names_and_end(
    cli: Cli, ca: SimulatedCa, tls_url: str, capsys: Captured
) -> None:
    """Also of a certificate that is not trusted, which is when they are wanted most. A --ca is for the test alone."""
    assert cli("client", "check-host", tls_url, "--json") == 5
    (found,) = printed(capsys)["hosts"]
    assert found["error"]["code"] == "tls_untrusted"
    assert (found["tls"]["version"], found["tls"]["names"]) == ("TLSv1.3", ["localhost", "127.0.0.1"])
    assert found["tls"]["expires"] > found["tls"]["not_before"]
    assert cli("client", "check-host", tls_url, "--ca", str(ca.file), "--json") == 4  # it serves no health
    (found,) = printed(capsys)["hosts"]
    assert found["error"]["code"] != "tls_untrusted"
    assert not cli.home.exists()
    assert cli("client", "check-host", tls_url) == 5
    told = capsys.readouterr()
    assert "localhost, 127.0.0.1" in told.out
    assert "--ca FILE" in told.err


@pytest.mark.parametrize(
    "command", [["set-host", "kms.example"], ["activate"], ["check-host", "kms.example"]]
)
def test_a_ca_file_that_is_none_is_exit_2(
    cli: Cli, tmp_path: Path, capsys: Captured, command: list[str]
) -> None:
    """It is named, and nothing was asked or set."""
    cli.install()
    before = (cli.home / "client" / "machine.json").read_bytes()
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(b"no certificate")
    assert cli("client", *command, "--ca", str(wrong)) == 2
    assert f"{wrong} holds no certificate" in capsys.readouterr().err
    assert not (cli.home / "client" / "ca.pem").exists()
    assert (cli.home / "client" / "machine.json").read_bytes() == before
    assert cli.host.bodies == []
