"""How fast event logs of KMS hosts are imported, and how much memory that takes, measured on the command itself.

NDJSON of Winlogbeat with a million requests, and an .evtx: by default one that the tests' writer makes in the layout of
Windows' own (chunks, templates, checksums), else a real one: --evtx FILE. Targets: a million lines in under 30 s and
500 MB on 2 cores, and 50,000 records of an .evtx a second.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # the writer of .evtx files

from simulators import evtx_file  # noqa: E402 - its folder is on the path only now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START = 1_700_000_000
PRODUCTS = ("2de67392-b7a7-462a-b1ca-108dd189f588", "de32eafd-aaee-4662-9444-c1befb41bde2")
LINE = (
    '{"@timestamp":"%(iso)s","@metadata":{"beat":"winlogbeat","type":"_doc","version":"8.11.1"},"event":{"code":"12290",'
    '"kind":"event","provider":"Microsoft-Windows-Security-SPP","action":"None","created":"%(iso)s"},"host":{"name":'
    '"kms01.contoso.com"},"log":{"level":"information"},"message":"An activation request has been processed.\\nInfo:\\n'
    '0x0,25,%(name)s,%(cmid)s,%(client)s,0,1,%(minutes)d,%(sku)s","winlog":{"api":"wineventlog","channel":'
    '"Key Management Service","computer_name":"kms01.contoso.com","event_data":{"param1":"","param2":"0x0","param3":"25",'
    '"param4":"%(name)s","param5":"%(cmid)s","param6":"%(client)s","param7":"0","param8":"1","param9":"%(minutes)d",'
    '"param10":"%(sku)s"},"event_id":"12290","keywords":["Classic"],"opcode":"Info","process":{"pid":0,"thread":{"id":0}},'
    '"provider_guid":"{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}","provider_name":"Microsoft-Windows-Security-SPP",'
    '"record_id":%(number)d,"task":"None"}}\n'
)


def requests(number: int, machines: int) -> Iterator[dict[str, Any]]:
    """So many requests of so many machines, ten seconds apart."""
    chance = random.Random(1)  # noqa: S311 - the same log every time, no secret
    cmids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(machines)]
    for place in range(number):
        machine = chance.randrange(machines)
        at = START + place * 10
        moment = datetime.fromtimestamp(at, UTC)
        yield {
            "at": at,
            "iso": f"{moment:%Y-%m-%dT%H:%M:%S}.{place % 1000:03}Z",
            "client": f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment:%M}",
            "name": f"PC{machine:06}.contoso.com",
            "cmid": cmids[machine],
            "sku": PRODUCTS[machine % 2],
            "minutes": 259_200 - chance.randrange(10_080),
            "number": place,
        }


def write_ndjson(path: Path, number: int, machines: int) -> None:
    """The file holds the requests as Winlogbeat's lines."""
    with path.open("w") as file:
        file.writelines(LINE % request for request in requests(number, machines))


def write_evtx(path: Path, number: int, machines: int) -> None:
    """The file holds the requests as Windows keeps them."""
    records = (
        evtx_file.Record(
            "Microsoft-Windows-Security-SPP",
            12290,
            one["at"],
            "Key Management Service",
            "kms01.contoso.com",
            (
                *("", "0x0", "25", one["name"], one["cmid"], one["client"]),
                *("0", "1", str(one["minutes"]), one["sku"]),
            ),
        )
        for one in requests(number, machines)
    )
    path.write_bytes(evtx_file.evtx(records))


def measured(arguments: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `tenure microsoft ...` printed, and what it took: seconds, seconds of CPU, megabytes at most."""
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "tenure", "microsoft", *arguments, "--json"],
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        answer: dict[str, Any] = json.loads(out.read())
    if process.returncode:
        raise SystemExit(f"tenure microsoft {arguments[0]} ended with {process.returncode}: {answer}")
    return answer, {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "memory_mb": round(usage.ru_maxrss / 1024),
    }


def imported(path: Path, home: Path) -> dict[str, Any]:
    """The import of one file, with its rate over every record that was seen."""
    answer, took = measured(["import", str(path), "--home", str(home)])
    (file,) = answer["files"]
    seen = (
        file["records"]
        + sum(file["unrelated"].values())
        + sum(misfit["count"] for misfit in file["not_understood"])
    )
    return {
        "kind": file["kind"],
        "size_mb": round(path.stat().st_size / 1e6),
        "records": seen,
        "new": file["new"],
        **took,
        "records_per_second": round(seen / took["seconds"]),
    }


def run(events: int, machines: int, evtx: Path | None, folder: Path) -> dict[str, Any]:
    """All measurements, by name."""
    lines = folder / "log.ndjson"
    write_ndjson(lines, events, machines)
    found = {
        "ndjson": imported(lines, folder / "home"),
        "ndjson, again": imported(lines, folder / "home"),
    }
    lines.unlink()
    log = evtx
    if log is None:
        log = folder / "log.evtx"
        # In a process of its own: a child's peak memory begins at its parent's size.
        writer = multiprocessing.get_context("spawn").Process(
            target=write_evtx, args=(log, events // 2, machines)
        )
        writer.start()
        writer.join()
    found["evtx" if evtx is None else "evtx, given"] = imported(log, folder / "second")
    _, took = measured(
        [
            *(
                "report",
                "--home",
                str(folder / "home"),
                "--at",
                str(datetime.fromtimestamp(START + events * 10, UTC)),
            ),
            *("--html", str(folder / "report.html"), "--xlsx", str(folder / "report.xlsx")),
        ]
    )
    found["report, JSON, HTML and XLSX"] = {"records": events, **took}
    return found


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--machines", type=int, default=20_000)
    parser.add_argument("--evtx", type=Path, help="a real log, instead of a written one")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        found = run(options.events, options.machines, options.evtx, Path(folder))
    found["ratios"] = {
        "ndjson, seconds a million": round(found["ndjson"]["seconds"] * 1e6 / options.events, 2)
    }
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'':30} {'records':>10} {'seconds':>8} {'CPU s':>8} {'a second':>9} {'MB':>6}")
    for name, one in found.items():
        if name != "ratios":
            print(
                f"{name:30} {one['records']:>10,} {one['seconds']:>8.1f} {one['cpu_seconds']:>8.1f} "
                f"{one.get('records_per_second', 0):>9,} {one['memory_mb']:>6,}"
            )


if __name__ == "__main__":
    main()
