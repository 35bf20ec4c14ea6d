"""What `tenure microsoft check` prints, and its exit code."""

from __future__ import annotations

import json

import pytest

from simulators.dns import OPEN, TIMED_OUT, MemoryDns, MemoryNetwork, srv
from tenure.cli.exit_codes import ExitCode
from tenure.cli.microsoft.check import exit_code, print_report, report_json
from tenure.core.network import DnsOutcome
from tenure.microsoft.check_gather import gather
from tenure.microsoft.check_rules import judge
from tenure.programs.microsoft_check import CheckReport


def _report(*records: str, failing: DnsOutcome | None = None) -> CheckReport:
    """Of corp.test, whose hosts a and b answer and whose host c is filtered."""
    hosts = {"a.corp.test": ["10.0.0.1"], "b.corp.test": ["fd00::2"], "c.corp.test": ["10.0.0.3"]}
    name = "_vlmcs._tcp.corp.test"
    dns = MemoryDns(
        {name: [srv(record) for record in records]}, hosts, failing={name: failing} if failing else {}
    )
    ports = {("10.0.0.1", 1688): OPEN, ("fd00::2", 1688): OPEN, ("10.0.0.3", 1688): TIMED_OUT}
    facts = gather(
        ["corp.test"],
        suffixes=("corp.test",),
        resolver=dns,
        probe=MemoryNetwork(ports),
        tell=lambda _: None,
    )
    return CheckReport("10.0.0.2:53", facts, judge(facts))


@pytest.mark.parametrize(
    ("report", "code", "last"),
    [
        pytest.param(_report("a.corp.test"), ExitCode.DONE, "All is well.", id="well"),
        pytest.param(_report("a.corp.test", "b.corp.test"), ExitCode.DONE, "All is well.", id="a note"),
        pytest.param(_report("c.corp.test"), ExitCode.REFUSED, "1 thing(s) to put right.", id="an error"),
        pytest.param(_report(), ExitCode.REFUSED, "1 thing(s) to put right.", id="no record"),
        pytest.param(
            _report(failing=DnsOutcome.NO_ANSWER),
            ExitCode.UNREACHABLE,
            "1 thing(s) to put right.",
            id="no answer",
        ),
    ],
)
def test_the_exit_code_and_the_last_line_agree(
    report: CheckReport, code: ExitCode, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script and a person are told the same."""
    print_report(report)
    assert exit_code(report) is code
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_each_address_is_printed_with_its_latency(capsys: pytest.CaptureFixture[str]) -> None:
    """What answers has a time, what does not has a reason."""
    print_report(_report("a.corp.test", "b.corp.test", "c.corp.test"))
    text = capsys.readouterr().out
    assert "    10.0.0.1:1688  open, 0.4 ms\n" in text
    assert "    [fd00::2]:1688  open, 0.4 ms\n" in text
    assert "    10.0.0.3:1688  timed out\n" in text


def test_a_cure_is_told_once_for_all_records(capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty stale records are twenty lines and one cure."""
    report = _report(*(f"gone{number}.corp.test" for number in range(20)))
    print_report(report)
    text = capsys.readouterr().out
    assert text.count("The DNS knows no name gone") == 20
    assert text.count("cure:") == 1


def test_the_json_has_every_fact() -> None:
    """Records, addresses, outcomes and latencies; the golden form of what programs read."""
    told = json.loads(json.dumps(report_json(_report("c.corp.test"))))
    (finding,) = told.pop("findings")
    assert told == {
        "well": False,
        "dns_server": "10.0.0.2:53",
        "suffixes": ["corp.test"],
        "domains": [
            {
                "domain": "corp.test",
                "name": "_vlmcs._tcp.corp.test",
                "dns": "found",
                "dns_milliseconds": 1.5,
                "records": [
                    {
                        "target": "c.corp.test",
                        "port": 1688,
                        "priority": 0,
                        "weight": 0,
                        "ttl": 3600,
                        "target_dns": "found",
                        "alias_of": None,
                        "addresses": [
                            {
                                "address": "10.0.0.3",
                                "connect": "timed_out",
                                "milliseconds": None,
                                "detail": "no answer in 3 s",
                            }
                        ],
                    }
                ],
                "records_left_out": 0,
            }
        ],
    }
    assert finding["code"] == "port_filtered"
    assert finding["level"] == "error"
    assert finding["record"] == "c.corp.test:1688"
    assert finding["client_error"] == "0xC004F074"
    assert set(finding) == {
        "code",
        "level",
        "title",
        "domain",
        "record",
        "detail",
        "cure",
        "client_error",
    }
