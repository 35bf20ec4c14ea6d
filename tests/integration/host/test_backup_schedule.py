"""The nightly backup of the how-to page: systemd takes its units, and its commands do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.host_home import activate_home
from simulators.processes import unmeasured
from simulators.publisher import NOW, SimulatedPublisher
from simulators.systemd_tools import systemd_tool
from tenure.adapters.os.home import Home
from tenure.programs.host_backup import check

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="for systemd and cron")

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "replace-a-host.md").read_text()
UNITS = dict(re.findall(r"`(tenure-backup\.\w+)`:\n\n```ini\n(.*?)```", PAGE, flags=re.DOTALL))
SYSTEMD = [line.replace("$$", "$").replace("%%", "%") for line in re.findall(r"/bin/sh -c '(.*)'", PAGE)]
(CRON,) = re.findall(r"^17 3 \* \* \* root (.*)$", PAGE, flags=re.MULTILINE)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Without a word."""
    assert set(UNITS) == {"tenure-backup.service", "tenure-backup.timer"}
    for name, text in UNITS.items():
        (tmp_path / name).write_text(text)
    said = systemd_tool("systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS))
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


@pytest.mark.parametrize("lines", [SYSTEMD, [CRON.replace("\\%", "%")]], ids=["systemd", "cron"])
def test_its_commands_make_a_backup_of_the_day_and_check_it(tmp_path: Path, lines: list[str]) -> None:
    """Night after night into the same seven files; one that is damaged is told by the exit code."""
    home = Home(tmp_path / "lib")
    activate_home(home, SimulatedPublisher(), now=NOW)
    folder = tmp_path / "backups"
    folder.mkdir()
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def night(line: str) -> int:
        line = line.replace("/var/lib/tenure", str(home.root)).replace("/var/backups/tenure", str(folder))
        line = line.replace("PATH=/usr/local/bin:/usr/bin:/bin", f"PATH={programs}")
        environment = unmeasured({**os.environ, "PATH": programs})
        return subprocess.run(
            ["/bin/sh", "-c", line], env=environment, check=False, capture_output=True
        ).returncode

    for _ in range(2):
        assert [night(line) for line in lines] == [0] * len(lines)
    (file,) = folder.iterdir()
    assert re.fullmatch(r"host-[1-7]\.tar", file.name)
    check(file)
    file.write_bytes(file.read_bytes()[:-20_000])
    assert night(lines[-1].rpartition("&& ")[2].replace("$f", str(file))) == 5
