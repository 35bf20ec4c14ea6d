"""A Windows of sorts: Wine's cmd.exe, reg.exe and cscript.exe, with stand-ins for slmgr.vbs, ospp.vbs and WMI."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WINE = shutil.which("wine")

_CURRENT_VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"

# slmgr.vbs and ospp.vbs: each call is written down, and changes what WMI will say.
_TOOL = r"""
Set fso = CreateObject("Scripting.FileSystemObject")
line = ""
For i = 0 To WScript.Arguments.Count - 1
  line = line & WScript.Arguments(i) & " "
Next
Set calls = fso.OpenTextFile("C:\stand-in\calls.txt", 8, True)
calls.WriteLine Trim(line)
calls.Close
Sub Put(name, value)
  Set file = fso.CreateTextFile("C:\stand-in\" & name, True)
  file.WriteLine value
  file.Close
End Sub
verb = WScript.Arguments(0)
name = Mid(verb, 2)
If InStr(name, ":") > 0 Then name = Left(name, InStr(name, ":") - 1)
If Not fso.FileExists("C:\stand-in\refuses-" & name) Then
  If verb = "/ipk" Or Left(verb, 8) = "/inpkey:" Then Put "status", "0"
  If verb = "/skms" Or verb = "/skms-domain" Then Put "target", "yes"
  If verb = "/ato" Or verb = "/act" Then Put "status", "1"
End If
"""

# What stands in for `powershell -Command "...Get-WmiObject..."`: the answer kept for what is asked.
_ASK = r"""
Set fso = CreateObject("Scripting.FileSystemObject")
asked = WScript.Arguments(0)
name = "office"
If InStr(asked, "LicenseStatus") > 0 Then name = "status"
If InStr(asked, "$s.KeyManagementServiceMachine") > 0 Then name = "target"
If InStr(asked, "IsKeyManagementServiceMachine") > 0 Then name = "kms-host"
If fso.FileExists("C:\stand-in\" & name) Then WScript.Echo fso.OpenTextFile("C:\stand-in\" & name).ReadLine
"""


@dataclass(frozen=True)
class Wine:
    """One Wine prefix under `home`, made once; `wine` is told nothing of the user's own."""

    home: Path

    @property
    def _stand_in(self) -> Path:
        return self.home / "prefix" / "drive_c" / "stand-in"

    def boot(self) -> None:
        """The prefix exists, with the stand-ins where Windows and Office have the real ones."""
        (self.home / "prefix").mkdir()
        # A server that stays: else each of the many short programs waits for one to start and to stop.
        self._server("-p")
        self._wine("wineboot", "-i")
        drive = self.home / "prefix" / "drive_c"
        office = drive / "Program Files" / "Microsoft Office" / "Office16"
        for path, text in (
            (drive / "windows" / "system32" / "slmgr.vbs", _TOOL),
            (office / "OSPP.VBS", _TOOL),
            (self._stand_in / "ask.vbs", _ASK),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("\n", "\r\n"))

    def stop(self) -> None:
        """Nothing of this prefix runs any more."""
        self._server("-k")

    def become(self, edition_id: str, build: int, *, knows: dict[str, str] | None = None) -> None:
        """The machine is a fresh installation of this edition; `knows` is what WMI says already."""
        for name, value in (("EditionID", edition_id), ("CurrentBuildNumber", str(build))):
            code, said = self._wine(
                "reg", "add", _CURRENT_VERSION, "/v", name, "/t", "REG_SZ", "/d", value, "/f"
            )
            assert code == 0, f"Wine could not set {name}: {said}"
        for path in self._stand_in.iterdir():
            if path.name != "ask.vbs":
                path.unlink()
        for name, value in (knows or {}).items():
            (self._stand_in / name).write_text(value + "\r\n")

    def run(self, script: str) -> tuple[int, str, list[str]]:
        """Exit code and output of the script, and the calls of slmgr.vbs and ospp.vbs that it made."""
        calls = self._stand_in / "calls.txt"
        calls.unlink(missing_ok=True)
        lines = [
            r'set "ASK=%SYS%\cscript.exe //nologo C:\stand-in\ask.vbs"'
            if line.startswith('set "ASK=')
            else line
            # Wine has no key of the local service, which on Windows only administrators can read.
            for line in script.replace(r"HKU\S-1-5-19", r"HKLM\SOFTWARE").splitlines()
        ]
        (self._stand_in / "script.cmd").write_bytes("\r\n".join([*lines, ""]).encode())
        code, said = self._wine("cmd", "/c", r"C:\stand-in\script.cmd")
        return code, said, calls.read_text().splitlines() if calls.exists() else []

    def _wine(self, *arguments: str) -> tuple[int, str]:
        assert WINE is not None
        # Into a file: services that Wine starts would hold a pipe open long after the program is done.
        with (self.home / "output").open("wb") as output:
            done = subprocess.run(
                [WINE, *arguments],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=110,
            )
        return done.returncode, (self.home / "output").read_text()

    def _server(self, option: str) -> None:
        server = shutil.which("wineserver")
        assert server is not None
        subprocess.run(
            [server, option],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "WINEPREFIX": str(self.home / "prefix"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=",
        }
