"""`tenure host publish-dns` and a serving host against a real BIND 9, read with dig and nslookup."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulators.bind import BIND_MISSING, NAMED, Bind, TsigKey, bind
from simulators.dns_tools import output
from simulators.host_home import activate_home
from simulators.other_machines import hours_later, needs_faketime
from simulators.processes import tenure
from simulators.publisher import SimulatedPublisher
from simulators.running import running
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.host.settings import read_settings
from tenure.programs.dns_publisher import DailyPublishing, publish
from tenure.programs.host import open_store
from tenure.programs.host_server import HostServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    Captured = pytest.CaptureFixture[str]

pytestmark = pytest.mark.real

PUBLISHER = SimulatedPublisher(opened=0)
NAME = "_tenure._tcp.corp.test"
DELEGATED = "_tenure._tcp.windows.test"
"""A zone for the service alone."""
DAY = 86_400


@pytest.fixture(scope="module")
def key() -> TsigKey:
    """The key of the hosts."""
    return TsigKey("tenure-hosts")


@pytest.fixture(scope="module")
def dns(tmp_path_factory: pytest.TempPathFactory, key: TsigKey) -> Iterator[Bind]:
    """BIND with zones of every kind: the key may change just what hosts publish, and in `fixed.test` nothing."""
    if NAMED is None:
        pytest.skip(BIND_MISSING)
    names = dict.fromkeys((NAME, "_tenure._tcp.lab.test", DELEGATED), "SRV")
    names["host1.corp.test"] = "A AAAA"
    grants = "".join(f'grant "{key.name}" name {name}. {types};' for name, types in names.items())
    policies = dict.fromkeys(("corp.test", "lab.test", DELEGATED), f"update-policy {{ {grants} }};")
    zones = {
        "corp.test": "_alias._tcp CNAME elsewhere.test.\nhost2 A 10.0.0.2",
        "lab.test": "",
        DELEGATED: "",
        "fixed.test": "",
    }
    with bind(tmp_path_factory.mktemp("bind"), zones, key=key, policies=policies) as server:
        yield server


class Host:
    """An activated host in a home of its own, with the key in a file."""

    def __init__(self, folder: Path, name: str, dns: Bind, key: TsigKey) -> None:
        """Nothing was published yet."""
        self.home = Home(folder / name)
        activate_home(self.home, PUBLISHER, now=int(time.time()))
        self.key_file = folder / "dns.key"
        self.key_file.write_text(key.statement)
        self.key_file.chmod(0o600)
        self.where = ("--server", dns.text, "--tsig-key", str(self.key_file))
        self.target = f"{name}.corp.test"

    def __call__(self, *options: str) -> int:
        """The exit code of the command with these options."""
        return run(command, ["host", "publish-dns", "--home", str(self.home.root), *options])

    def publish(self, *options: str) -> int:
        """The same, with server, key, target and zone."""
        return self("--zone", "corp.test", "--target", self.target, *self.where, *options)


@pytest.fixture
def hosts(tmp_path: Path, dns: Bind, key: TsigKey) -> Iterator[tuple[Host, Host]]:
    """Two hosts; what they published is gone afterwards."""
    both = Host(tmp_path, "host1", dns, key), Host(tmp_path, "host2", dns, key)
    yield both
    for host in both:
        host("--remove", "--zone", "corp.test", "--target", host.target, *host.where)
    assert dig(dns) == set()


def dig(dns: Bind, name: str = NAME, kind: str = "SRV") -> set[str]:
    """What dig reads under a name."""
    return set(
        output("dig", "+short", "+norec", f"@{dns.address}", "-p", str(dns.port), name, kind).splitlines()
    )


def json_of(captured: Captured) -> dict[str, Any]:
    """The one JSON object that was printed."""
    value: dict[str, Any] = json.loads(captured.readouterr().out)
    return value


def test_two_hosts_stand_side_by_side_and_leave_alone(
    hosts: tuple[Host, Host], dns: Bind, capsys: Captured
) -> None:
    """Each publishes, both are told; one retires, and the other stays. nslookup reads it as administrators do."""
    one, two = hosts
    assert one.publish() == 0
    assert two.publish("--target-port", "1700", "--priority", "1", "--weight", "7", "--ttl", "60") == 0
    out = capsys.readouterr().out
    assert f"Published: {NAME}. 60 IN SRV 1 7 1700 host2.corp.test." in out
    assert re.search(r"0 +│ 0 +│ host1\.corp\.test +│ 1688", out)
    assert dig(dns) == {"0 0 1688 host1.corp.test.", "1 7 1700 host2.corp.test."}
    looked_up = output("nslookup", f"-port={dns.port}", "-norecurse", "-type=srv", NAME, dns.address)
    assert f"{NAME}\tservice = 0 0 1688 host1.corp.test." in looked_up
    assert f"{NAME}\tservice = 1 7 1700 host2.corp.test." in looked_up
    # Nothing was saved, so what would be taken back must be said again; what was published is known all the same.
    assert two("--remove", "--json", "--target", two.target, *two.where) == 0
    (zone,) = json_of(capsys)["zones"]
    assert zone["removed"] == [f"{NAME}. 60 IN SRV 1 7 1700 host2.corp.test."]
    assert [record["target"] for record in zone["records"]] == ["host1.corp.test"]
    assert dig(dns) == {"0 0 1688 host1.corp.test."}


def test_the_service_may_have_a_zone_of_its_own(
    hosts: tuple[Host, Host], dns: Bind, capsys: Captured
) -> None:
    """A domain of Microsoft's DNS delegates just that name to a BIND, which holds nothing else of the domain."""
    one, _ = hosts
    said = ("--zone", "windows.test", "--target", "host1.windows.test", *one.where)
    assert one(*said) == 0
    assert dig(dns, DELEGATED) == {"0 0 1688 host1.windows.test."}
    assert one(*said, "--address", "10.0.0.5") == 2
    assert "--no-addresses" in capsys.readouterr().err
    assert one("--remove", *said) == 0
    assert dig(dns, DELEGATED) == set()


def test_a_changed_record_replaces_the_one_before(
    hosts: tuple[Host, Host], dns: Bind, capsys: Captured
) -> None:
    """Saved options need not be said again; JSON tells all that is there, and which is this host's."""
    one, two = hosts
    assert two.publish() == 0
    assert one.publish("--save") == 0
    capsys.readouterr()
    assert one("--weight", "9", "--json") == 0
    told = json_of(capsys)
    (zone,) = told["zones"]
    assert zone["removed"] == [f"{NAME}. 3600 IN SRV 0 0 1688 host1.corp.test."]
    assert [(r["target"], r["weight"], r["this_host"]) for r in zone["records"]] == [
        ("host1.corp.test", 9, True),
        ("host2.corp.test", 0, False),
    ]
    assert (told["server"], told["saved"], zone["error"]) == (dns.text, False, None)
    assert dig(dns) == {"0 9 1688 host1.corp.test.", "0 0 1688 host2.corp.test."}


def test_addresses_are_published_with_the_host(hosts: tuple[Host, Host], dns: Bind, capsys: Captured) -> None:
    """And go with it; without them a target that has none is warned of, and one that has is not."""
    one, two = hosts
    assert one.publish("--json") == 0
    assert "has no address in the DNS" in json_of(capsys)["warnings"][0]
    assert two.publish("--json") == 0
    assert json_of(capsys)["warnings"] == []
    assert one.publish("--address", "10.0.0.5", "--address", "fd00::5", "--save") == 0
    assert "host1.corp.test has: 10.0.0.5, fd00::5" in capsys.readouterr().out
    assert dig(dns, "host1.corp.test", "AAAA") == {"fd00::5"}
    assert one("--remove") == 0
    assert dig(dns, "host1.corp.test", "A") | dig(dns, "host1.corp.test", "AAAA") == set()
    assert dig(dns, "host2.corp.test", "A") == {"10.0.0.2"}


@pytest.mark.parametrize(
    ("options", "exit_code", "told"),
    [
        pytest.param(
            ("--zone", "fixed.test"), 3, "takes no dynamic updates", id="a zone that is not dynamic"
        ),
        pytest.param(("--zone", "other.test"), 3, "Check the spelling of --zone", id="an unknown zone"),
        pytest.param(
            ("--zone", "corp.test", "--label", "_vlmcs"), 3, "genuine KMS host", id="Microsoft's label"
        ),
        pytest.param(("--zone", "corp.test", "--label", "_VLMCS"), 3, "genuine KMS host", id="in capitals"),
        pytest.param(("--zone", "corp.test", "--label", "_other"), 3, "update-policy", id="not granted"),
        pytest.param(("--zone", "corp.test", "--label", "_alias"), 3, "alias (CNAME)", id="an alias"),
        pytest.param(("--zone", "corp test"), 2, "no zone", id="a zone that is none"),
        pytest.param((), 2, "No zone is named", id="no zone"),
        pytest.param(("--zone", "corp.test", "--addresses"), 2, "No other machine", id="the server is local"),
        pytest.param(
            ("--zone", "corp.test", "--server", "dns.corp.test"), 2, "IP address", id="a server's name"
        ),
        pytest.param(("--zone", "corp.test", "--server", "127.0.0.1:9"), 4, "gave no answer", id="silence"),
        pytest.param(("--zone", "corp.test", "--tsig-key", "/nowhere"), 2, "tsig-keygen", id="no key"),
        pytest.param(("--zone", "corp.test", "--save", "--remove"), 2, "exclude one another", id="too much"),
    ],
)
def test_what_cannot_be_published_is_told_in_words(
    hosts: tuple[Host, Host],
    dns: Bind,
    capsys: Captured,
    *,
    options: tuple[str, ...],
    exit_code: int,
    told: str,
) -> None:
    """Cause, cure and exit code; the DNS is as before, and so is the host."""
    one, _ = hosts
    assert one("--target", one.target, *one.where, *options) == exit_code
    assert told in capsys.readouterr().err
    assert dig(dns) == set()
    assert run(command, ["host", "status", "--json", "--home", str(one.home.root)]) == 0
    assert json_of(capsys)["dns"]["published"] == []


def test_a_wrong_key_is_exit_3(hosts: tuple[Host, Host], capsys: Captured) -> None:
    """As JSON, too, with the code of the first failure beside all zones."""
    one, _ = hosts
    one.key_file.write_text(TsigKey("tenure-hosts", b"another secret, as long as that.").statement)
    assert one.publish("--json") == 3
    told = json_of(capsys)
    assert told["error"]["code"] == told["zones"][0]["error"]["code"] == "dns_key_rejected"
    assert "another secret" in told["error"]["detail"]
    one.key_file.write_text(TsigKey("tenure-hosts").statement)


def test_a_clock_that_is_wrong_is_told(hosts: tuple[Host, Host]) -> None:
    """An hour ahead: BIND says BADTIME."""
    needs_faketime()
    one, _ = hosts
    words = ("host", "publish-dns", "--zone", "corp.test", "--target", one.target, *one.where)
    done = tenure(*words, home=one.home.root, under=hours_later(1))
    assert done.exit_code == 3
    assert "Set both clocks by NTP" in done.err


def test_a_key_that_others_may_read_is_warned_of(hosts: tuple[Host, Host], capsys: Captured) -> None:
    """It works all the same."""
    one, _ = hosts
    one.key_file.chmod(0o644)
    assert one.publish() == 0
    assert f"chmod 600 {one.key_file}" in capsys.readouterr().err


def test_one_zone_of_several_fails(hosts: tuple[Host, Host], dns: Bind, capsys: Captured) -> None:
    """The others are published, and the exit code is the failure's."""
    one, _ = hosts
    assert one.publish("--zone", "fixed.test", "--zone", "lab.test", "--save") == 3
    told = capsys.readouterr()
    assert "fixed.test" in told.err
    assert dig(dns) == dig(dns, "_tenure._tcp.lab.test") == {"0 0 1688 host1.corp.test."}
    assert one("--remove", "--zone", "lab.test") == 0
    assert dig(dns, "_tenure._tcp.lab.test") == set()
    assert dig(dns) == {"0 0 1688 host1.corp.test."}
    assert one("--remove", "--zone", "corp.test") == 0


def test_what_is_entered_by_hand_is_what_the_host_would_publish(
    hosts: tuple[Host, Host], tmp_path: Path, capsys: Captured
) -> None:
    """The zone file loads, BIND takes the policy, nsupdate runs the script under it, and the host takes it back."""
    one, _ = hosts
    if NAMED is None:
        pytest.skip(BIND_MISSING)
    key = TsigKey("tenure-hosts")
    said = ("--zone", "hand.test", "--target", "h.hand.test", "--address", "10.0.0.7", "--address", "fd00::7")
    assert one("--print", "--json", "--tsig-key", str(one.key_file), *said) == 0
    (entry,) = json_of(capsys)["zones"]
    zone = tmp_path / "hand.test.zone"
    zone.write_text(
        "$ORIGIN hand.test.\n@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.1\n" + entry["zone_file"]
    )
    checked = output("named-checkzone", "-D", "hand.test", str(zone))
    assert re.search(r"_tenure\._tcp\.hand\.test\.\s+3600 IN SRV\s+0 0 1688 h\.hand\.test\.", checked)
    configuration = tmp_path / "named.conf"
    configuration.write_text(
        f'include "{one.key_file}";\nzone "hand.test" {{ type primary; file "{zone}";\n{entry["bind"]}}};\n'
    )
    output("named-checkconf", str(configuration))
    with bind(tmp_path / "hand", {"hand.test": ""}, key=key, policies={"hand.test": entry["bind"]}) as dns:
        script = f"server {dns.address} {dns.port}\n{entry['nsupdate']}"
        output("nsupdate", "-k", str(one.key_file), typed=script)
        assert dig(dns, "_tenure._tcp.hand.test") == {"0 0 1688 h.hand.test."}
        assert dig(dns, "h.hand.test", "A") == {"10.0.0.7"}
        where = ("--server", dns.text, "--tsig-key", str(one.key_file))
        assert one("--remove", *said, *where) == 0
        assert dig(dns, "_tenure._tcp.hand.test") == set()
        # Somebody else entered the address, as far as the host knows.
        assert dig(dns, "h.hand.test", "A") == {"10.0.0.7"}


def test_printing_needs_no_host_and_no_server(tmp_path: Path, capsys: Captured) -> None:
    """For whoever prepares the DNS before the host is there; nothing is made."""
    home = tmp_path / "nothing"
    words = ["host", "publish-dns", "--print", "--zone", "corp.test", "--target", "new.corp.test"]
    assert run(command, [*words, "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert f"{NAME}. 3600 IN SRV 0 0 1688 new.corp.test.\n" in out
    assert f'grant "tenure-new" name {NAME}. SRV;' in out
    assert "-ZoneName 'corp.test' -Name '_tenure._tcp'" in out
    assert not home.exists()


def test_a_serving_host_publishes_itself_where_it_listens(
    hosts: tuple[Host, Host], dns: Bind, capsys: Captured
) -> None:
    """At its start, with the port that it has; `host status` tells since when."""
    one, _ = hosts
    assert one.publish("--save") == 0
    with running(lambda: HostServer(one.home, "127.0.0.1", 0)) as server:
        port = server.url.rpartition(":")[2]
        while dig(dns) != {f"0 0 {port} host1.corp.test."}:
            pass
        capsys.readouterr()
        assert run(command, ["host", "status", "--json", "--home", str(one.home.root)]) == 0
        told = json_of(capsys)["dns"]
        assert told["publishing"] is True
        assert f"{NAME}. 3600 IN SRV 0 0 {port} host1.corp.test." in [r["record"] for r in told["published"]]
        assert (told["reason"], told["failing_since"]) == (None, None)
        assert told["last_success"] is not None


class Days:
    """What a serving host does about its records, on a clock that the test sets."""

    def __init__(self, host: Host) -> None:
        """The host has just started."""
        self.now = int(time.time())
        self.host = host
        self.step = DailyPublishing(host.home, port=1688, clock=lambda: self.now)

    def wait(self, seconds: int) -> None:
        """So much later it looks again."""
        self.now += seconds
        self.step()


def test_a_host_publishes_daily_while_that_is_on(
    hosts: tuple[Host, Host], dns: Bind, capsys: Captured
) -> None:
    """`slmgr /cdns` leaves what is there and publishes no more, `/sdns` does again."""
    one, _ = hosts
    days = Days(one)
    days.wait(0)
    assert dig(dns) == set()
    assert one.publish("--save") == 0
    days.wait(0)

    def lose_it() -> None:
        script = f"server {dns.address} {dns.port}\nzone corp.test.\nupdate delete {NAME}. SRV\nsend\n"
        output("nsupdate", "-k", str(one.key_file), typed=script)

    def slmgr(*words: str) -> str:
        capsys.readouterr()
        assert run(command, ["slmgr", *words, "--home", str(one.home.root)]) == 0
        return capsys.readouterr().out

    for pause, back in ((DAY - 60, False), (120, True)):
        lose_it()
        days.wait(pause)
        assert bool(dig(dns)) is back
    assert "Records that are there stay" in slmgr("/cdns")
    lose_it()
    days.wait(2 * DAY)
    assert dig(dns) == set()
    assert "Warning" not in slmgr("/sdns")
    days.wait(60)
    assert dig(dns) == {"0 0 1688 host1.corp.test."}
    assert one("--remove") == 0
    days.wait(2 * DAY)
    assert dig(dns) == set()


@pytest.mark.parametrize(
    "meanwhile", [("--remove",), ("--weight", "1", "--save")], ids=["retired", "changed"]
)
def test_a_host_that_was_retired_meanwhile_is_not_published_after_all(
    hosts: tuple[Host, Host], dns: Bind, meanwhile: tuple[str, ...]
) -> None:
    """The serving host had read its settings and waited while the command was at work."""
    one, _ = hosts
    assert one.publish("--save") == 0
    with open_store(one.home) as store:
        options = read_settings(store.settings()).dns_options
        assert options is not None
        assert one(*meanwhile) == 0
        there = dig(dns)
        late = publish(one.home, store, options, port=1688, clock=lambda: 0, unasked=True)
    assert late.outcomes == ()
    assert dig(dns) == there


def test_a_host_that_cannot_publish_says_so_and_tries_again(
    hosts: tuple[Host, Host], dns: Bind, capsys: Captured, caplog: pytest.LogCaptureFixture
) -> None:
    """With cause and cure in the log; after a day of it `host status` warns. Serving is not touched."""
    one, _ = hosts
    assert one.publish("--save") == 0
    one.key_file.rename(one.key_file.with_suffix(".gone"))
    days = Days(one)
    for pause in (0, 599, 1, 1_199, 1):
        days.wait(pause)
    assert len(caplog.messages) == 3, caplog.messages
    assert "no such file. Make one with" in caplog.messages[0]
    days.wait(DAY + 1)
    with closing(sqlite3.connect(one.home.host_database)) as connection:
        # As if the first failure were a day ago by the clock of the command.
        connection.execute(
            "UPDATE setting SET value = json_set(value, '$.failing_since', ?) WHERE name = 'dns_published'",
            (int(time.time()) - DAY - 60,),
        )
        connection.commit()
    capsys.readouterr()
    assert run(command, ["host", "status", "--home", str(one.home.root)]) == 0
    out = capsys.readouterr().out
    assert "daily; failing since" in out
    assert "could not be published in the DNS for 1 days" in out
    one.key_file.with_suffix(".gone").rename(one.key_file)
    days.wait(DAY)
    assert dig(dns) == {"0 0 1688 host1.corp.test."}


def guide(language: str) -> list[str]:
    """The code blocks of the administrator's guide in a language."""
    path = Path(__file__).parents[3] / "docs" / "how-to" / "dns.md"
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), flags=re.MULTILINE | re.DOTALL)


def test_every_command_of_the_guide_works_as_typed(
    hosts: tuple[Host, Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """On a BIND set up as the guide says, with a real key and server in place of the guide's."""
    one, _ = hosts
    if NAMED is None:
        pytest.skip(BIND_MISSING)
    monkeypatch.setenv("TENURE_HOME", str(one.home.root))
    key = TsigKey("tenure-host1")
    one.key_file.write_text(key.statement)
    (policy,) = re.findall(r"update-policy \{.*?\n    \};", guide("text")[1], flags=re.DOTALL)
    (powershell,) = (block for block in guide("text") if block.startswith("Add-DnsServerResourceRecord"))
    with bind(tmp_path / "guide", {"corp.example": ""}, key=key, policies={"corp.example": policy}) as dns:
        real = {"10.0.0.2": dns.text, "/etc/tenure/dns.key": str(one.key_file)}
        commands = [line for block in guide("console") for line in block.splitlines()]
        assert len(commands) >= 6
        for line in commands:
            dollar, program, *words = shlex.split(line)
            assert (dollar, program) == ("$", "tenure")
            assert run(command, [real.get(word, word) for word in words]) == 0, line
            if "--save" in words:
                assert dig(dns, "_tenure._tcp.corp.example") == {"0 0 1688 host1.corp.example."}
        out = capsys.readouterr().out
        assert guide("text")[0].strip() in out
        assert powershell.strip() in out
        assert dig(dns, "_tenure._tcp.corp.example") == set()
    one.key_file.write_text(TsigKey("tenure-hosts").statement)
