"""The rollout as a script of cmd.exe: one for an edition, or one for all of them at start-up.

Windows itself says whether it worked: slmgr.vbs prints in the machine's language and ospp.vbs always ends with 0, so
the script asks WMI, by the key's last five characters, for the license status (1 is licensed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.microsoft.products import OfficeGuard, WindowsGuard
from tenure.microsoft.rollout import AGREEMENT, DomainTarget, HostTarget
from tenure.microsoft.rollout_quoting import fill, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.microsoft.rollout import EditionPlan, Plan

_HEAD: Final = r"""@echo off
rem @@TITLE@@
rem Made by Tenure from Microsoft's table of generic keys, @@AS_OF@@. Not affiliated with Microsoft.
rem @@AGREEMENT@@
rem No edition is converted: an installation of another edition is left as it is.
rem Run it elevated. Exit codes: 0 activated; 1 no Windows PowerShell to check with; 2 not elevated;
rem 3 another edition or a KMS host, nothing changed; 4 key not installed; 5 KMS host not set; 6 not activated yet.
setlocal EnableExtensions DisableDelayedExpansion
set "KMS_HOST=@@HOST@@"
set "KMS_PORT=@@PORT@@"
set "KMS_DOMAIN=@@DOMAIN@@"
set "SYS=%SystemRoot%\System32"
if exist "%SystemRoot%\Sysnative\cscript.exe" set "SYS=%SystemRoot%\Sysnative"
set "ASK=%SYS%\WindowsPowerShell\v1.0\powershell.exe -NoLogo -NoProfile -NonInteractive -Command"
set "CODE=0"
set "OFFERED="
@@RUN@@
exit /b %CODE%

:main
"%SYS%\reg.exe" query HKU\S-1-5-19 >nul 2>&1
if errorlevel 1 goto not_elevated
if not exist "%SYS%\WindowsPowerShell\v1.0\powershell.exe" goto no_powershell
call :read EditionID EDITION
call :read CurrentBuildNumber BUILD
if not defined BUILD set "BUILD=0"
@@OFFERS@@
if defined OFFERED exit /b 0
echo tenure: this is %EDITION%, build %BUILD%: none of the editions in this script. Nothing was changed.
set "CODE=3"
exit /b 0

:not_elevated
echo tenure: run this as administrator, from an elevated prompt.
set "CODE=2"
exit /b 0

:no_powershell
echo tenure: Windows PowerShell, with which the result is checked, is not installed. Nothing was changed.
set "CODE=1"
exit /b 0

:read
set "%~2="
for /f "tokens=2,*" %%A in ('%SYS%\reg.exe query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" /v %~1 2^>nul') do if /i "%%A"=="REG_SZ" set "%~2=%%B"
exit /b 0

:status
set "STATE="
for /f "usebackq" %%S in (`%ASK% "foreach ($p in @(Get-WmiObject -Class %CLASS% -Filter 'PartialProductKey=''%PARTIAL%''')) { $p.LicenseStatus }"`) do set "STATE=%%S"
exit /b 0

:fail
echo tenure: %~2
if "%CODE%"=="0" set "CODE=%~1"
exit /b 0
"""

_WINDOWS: Final = r"""
:windows
if /i "%EDITION%"=="%~1" goto windows_build
if /i "%EDITION%"=="%~1Core" goto windows_build
if /i "%EDITION%"=="%~1Cor" goto windows_build
exit /b 0
:windows_build
if %BUILD% LSS %~2 exit /b 0
if %BUILD% GTR %~3 exit /b 0
set "OFFERED=1"
set "KEY=%~4"
set "PARTIAL=%~5"
set "CLASS=SoftwareLicensingProduct"
echo tenure: %~6
set "KMS_SERVER="
for /f "usebackq" %%S in (`%ASK% "foreach ($s in @(Get-WmiObject -Class SoftwareLicensingService)) { if ($s.IsKeyManagementServiceMachine -eq 1) { 'yes' } }"`) do set "KMS_SERVER=%%S"
if not "%KMS_SERVER%"=="yes" goto windows_client
call :fail 3 "this machine is a KMS host; a generic key would take its host key away. Nothing was changed."
exit /b 0
:windows_client
call :status
call :asked
if not "%STATE%"=="1" goto windows_key
if not "%ASKED%"=="yes" goto windows_key
echo tenure: activated already; nothing was changed.
exit /b 0
:windows_key
if defined STATE goto windows_host
"%SYS%\cscript.exe" //nologo "%SYS%\slmgr.vbs" /ipk %KEY%
call :status
if defined STATE goto windows_host
call :fail 4 "the key was not installed. See the message above."
exit /b 0
:windows_host
@@SLMGR_TARGET@@
call :asked
if "%ASKED%"=="yes" goto windows_activate
call :fail 5 "the KMS host was not set. See the message above."
exit /b 0
:windows_activate
"%SYS%\cscript.exe" //nologo "%SYS%\slmgr.vbs" /ato
call :status
if "%STATE%"=="1" goto windows_done
call :fail 6 "not activated yet. Windows tries again every 2 hours; see events 12288 and 12289."
exit /b 0
:windows_done
echo tenure: changed; activated.
exit /b 0

:asked
set "ASKED="
for /f "usebackq" %%S in (`%ASK% "foreach ($s in @(Get-WmiObject -Class SoftwareLicensingService)) { if (@@ASKED@@) { 'yes' } }"`) do set "ASKED=%%S"
exit /b 0
"""

_OFFICE: Final = r"""
:office
set "OSPP="
for %%D in ("%ProgramW6432%" "%ProgramFiles%" "%ProgramFiles(x86)%") do if not defined OSPP if exist "%%~D\Microsoft Office\Office16\OSPP.VBS" set "OSPP=%%~D\Microsoft Office\Office16\OSPP.VBS"
if not defined OSPP exit /b 0
set "CLASS=SoftwareLicensingProduct"
if %BUILD% LSS 9200 set "CLASS=OfficeSoftwareProtectionProduct"
set "HERE="
for /f "usebackq" %%S in (`%ASK% "foreach ($p in @(Get-WmiObject -Class %CLASS%)) { if ($p.Name -match '%~1') { 'yes' } }"`) do set "HERE=%%S"
if not "%HERE%"=="yes" exit /b 0
set "OFFERED=1"
set "KEY=%~2"
set "PARTIAL=%~3"
echo tenure: %~4
call :status
if defined STATE goto office_host
"%SYS%\cscript.exe" //nologo "%OSPP%" /inpkey:%KEY%
call :status
if defined STATE goto office_host
call :fail 4 "the key was not installed. See the message above."
exit /b 0
:office_host
@@OSPP_TARGET@@
if not "%STATE%"=="1" goto office_activate
echo tenure: activated already; the KMS host was set again.
exit /b 0
:office_activate
"%SYS%\cscript.exe" //nologo "%OSPP%" /act
call :status
if "%STATE%"=="1" goto office_done
call :fail 6 "not activated yet. Office tries again every 2 hours; see events 12288 and 12289."
exit /b 0
:office_done
echo tenure: changed; activated.
exit /b 0
"""

_SLMGR: Final = r'"%SYS%\cscript.exe" //nologo "%SYS%\slmgr.vbs"'
_OSPP: Final = r'"%SYS%\cscript.exe" //nologo "%OSPP%"'
_HOST_ASKED: Final = (
    "$s.KeyManagementServiceMachine -eq '%KMS_HOST%' -and ($s.KeyManagementServicePort -eq %KMS_PORT% "
    "-or ($s.KeyManagementServicePort -eq 0 -and %KMS_PORT% -eq 1688))"
)
_DOMAIN_ASKED: Final = (
    "-not $s.KeyManagementServiceMachine -and $s.KeyManagementServiceLookupDomain -eq '%KMS_DOMAIN%'"
)


def edition_script(plan: Plan, edition: EditionPlan) -> str:
    """The script of one edition, to be run on each of its machines. ASCII with CRLF line ends."""
    return _script(plan, [edition], title=f"{edition.label}: volume activation", run="call :main")


def startup_script(plan: Plan) -> str:
    """One script for all editions of the plan, which picks the machine's own: for a group policy. It writes a log."""
    log = r"%SystemRoot%\Temp\tenure-kms-startup.log"
    return _script(
        plan,
        plan.editions,
        title=r"Start-up script of a group policy: Computer Configuration, Policies, Windows Settings, Scripts, Startup.",
        run=f'call :main >>"{log}" 2>&1',
    )


def _script(plan: Plan, editions: Sequence[EditionPlan], *, title: str, run: str) -> str:
    target = plan.target
    values = {
        "TITLE": title if title.startswith("Start-up") else plain(title),
        "AS_OF": plan.table_as_of or "of unknown date",
        "AGREEMENT": AGREEMENT,
        "RUN": run,
        "OFFERS": "\n".join(_offer(edition) for edition in editions),
    }
    match target:
        case HostTarget(name, port):
            values |= {
                "HOST": name,
                "PORT": str(port),
                "DOMAIN": "",
                "ASKED": _HOST_ASKED,
                "SLMGR_TARGET": f"{_SLMGR} /skms %KMS_HOST%:%KMS_PORT%",
                "OSPP_TARGET": f"{_OSPP} /sethst:%KMS_HOST%\n{_OSPP} /setprt:%KMS_PORT%",
            }
        case DomainTarget(domain):
            values |= {
                "HOST": "",
                "PORT": "",
                "DOMAIN": domain,
                "ASKED": _DOMAIN_ASKED,
                "SLMGR_TARGET": f"{_SLMGR} /ckms\n{_SLMGR} /skms-domain %KMS_DOMAIN%",
                "OSPP_TARGET": f"{_OSPP} /remhst\n{_OSPP} /skms-domain:%KMS_DOMAIN%",
            }
    kinds = [type(edition.guard) for edition in editions]
    text = _HEAD + (_WINDOWS if WindowsGuard in kinds else "") + (_OFFICE if OfficeGuard in kinds else "")
    return fill(text, values).replace("\n", "\r\n")


def _offer(edition: EditionPlan) -> str:
    key = f'{edition.key} {edition.partial} "{plain(edition.label)}"'
    match edition.guard:
        case WindowsGuard(edition_id, first, last):
            return f"call :windows {edition_id} {first} {last} {key}"
        case OfficeGuard(license_name):
            return f"call :office {license_name} {key}"
