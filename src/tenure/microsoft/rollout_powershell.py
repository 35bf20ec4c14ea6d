"""The rollout as a script of Windows PowerShell: on this machine, or with -Remote on all machines of the list.

Where Microsoft's OSLicense module exists (Windows 11 with KB5124008 of 2026-09), its cmdlets do the work; else slmgr.vbs,
and ospp.vbs for Office. Either way WMI says, by the key's last five characters, whether it worked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.microsoft.products import OfficeGuard, WindowsGuard
from tenure.microsoft.rollout import AGREEMENT, DomainTarget, HostTarget
from tenure.microsoft.rollout_quoting import fill, plain, powershell

if TYPE_CHECKING:
    from tenure.microsoft.rollout import EditionPlan, Plan

_TEMPLATE: Final = r"""#Requires -Version 2.0
# @@TITLE@@: volume activation
# Made by Tenure from Microsoft's table of generic keys, @@AS_OF@@. Not affiliated with Microsoft.
# @@AGREEMENT@@
# No edition is converted: an installation of another edition is left as it is.
# Run it elevated. With -Remote it works on every machine of the list, by PowerShell remoting.
# Exit codes: 0 activated; 2 not elevated; 3 another edition or a KMS host, nothing changed;
# 4 key not installed; 5 KMS host not set; 6 not activated yet; 7 a machine gave no answer (-Remote); 1 anything else.
# With -Remote the highest code of all machines.
param([switch]$Remote)

$Machines = @(
@@MACHINES@@
)

$Want = @{
    Label = @@LABEL@@
    Key = @@KEY@@
    Partial = @@PARTIAL@@
    EditionId = @@EDITION_ID@@
    FirstBuild = @@FIRST_BUILD@@
    LastBuild = @@LAST_BUILD@@
    OfficeLicense = @@OFFICE@@
    KmsHost = @@HOST@@
    KmsPort = @@PORT@@
    KmsDomain = @@DOMAIN@@
}

$Work = {
    param($Want)

    $Log = New-Object System.Collections.ArrayList
    $Cscript = Join-Path $env:SystemRoot 'System32\cscript.exe'
    $Slmgr = Join-Path $env:SystemRoot 'System32\slmgr.vbs'

    function New-Answer([int]$Code, [string]$Text) {
        New-Object PSObject -Property @{ Code = $Code; Text = $Text; Log = @($Log) }
    }

    function Get-Wmi([string]$Class, [string]$Filter) {
        if (Get-Command -Name Get-CimInstance -ErrorAction SilentlyContinue) {
            if ($Filter) { Get-CimInstance -ClassName $Class -Filter $Filter } else { Get-CimInstance -ClassName $Class }
        } elseif ($Filter) { Get-WmiObject -Class $Class -Filter $Filter } else { Get-WmiObject -Class $Class }
    }

    function Invoke-Script([string]$Path, [string[]]$Arguments) {
        $ErrorActionPreference = 'Continue'
        & $Cscript //nologo $Path $Arguments 2>&1 | ForEach-Object { [void]$Log.Add([string]$_) }
    }

    function Add-Result($Result) {
        if ($Result -and -not $Result.Success) {
            [void]$Log.Add([string]$Result.ErrorCode + ' ' + [string]$Result.ErrorMessage)
        }
    }

    function Get-Status {
        $Found = @(Get-Wmi $Class ("PartialProductKey='" + $Want.Partial + "'"))
        if ($Found.Count) { [int]$Found[0].LicenseStatus } else { -1 }
    }

    function Test-Target {
        $Service = @(Get-Wmi 'SoftwareLicensingService')[0]
        if ($Want.KmsDomain) {
            return (-not $Service.KeyManagementServiceMachine) -and
                ($Service.KeyManagementServiceLookupDomain -eq $Want.KmsDomain)
        }
        $Port = [int]$Service.KeyManagementServicePort
        if ($Port -eq 0) { $Port = 1688 }
        return ($Service.KeyManagementServiceMachine -eq $Want.KmsHost) -and ($Port -eq $Want.KmsPort)
    }

    try {
        $ErrorActionPreference = 'Stop'
        $Me = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
        if (-not $Me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
            return New-Answer 2 'Run this as administrator, from an elevated prompt.'
        }
        $Windows = Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
        $Build = [int]$Windows.CurrentBuildNumber
        $Class = 'SoftwareLicensingProduct'
        $Module = $null
        if ($Want.OfficeLicense) {
            if ($Build -lt 9200) { $Class = 'OfficeSoftwareProtectionProduct' }
            $Ospp = @(${env:ProgramW6432}, ${env:ProgramFiles}, ${env:ProgramFiles(x86)}) | Where-Object { $_ } |
                ForEach-Object { Join-Path $_ 'Microsoft Office\Office16\OSPP.VBS' } | Where-Object { Test-Path $_ } |
                Select-Object -First 1
            $Here = @(Get-Wmi $Class | Where-Object { $_.Name -match $Want.OfficeLicense })
            if (-not $Ospp -or -not $Here.Count) {
                return New-Answer 3 ($Want.Label + ' is not installed here as a volume edition. Nothing was changed.')
            }
        } else {
            $Ids = @($Want.EditionId, ($Want.EditionId + 'Core'), ($Want.EditionId + 'Cor'))
            if ($Ids -notcontains $Windows.EditionID -or $Build -lt $Want.FirstBuild -or $Build -gt $Want.LastBuild) {
                return New-Answer 3 ('This is ' + $Windows.EditionID + ', build ' + $Build + ', not ' +
                    $Want.Label + '. Nothing was changed.')
            }
            if (@(Get-Wmi 'SoftwareLicensingService')[0].IsKeyManagementServiceMachine -eq 1) {
                return New-Answer 3 ('This machine is a KMS host; a generic key would take its host key away. ' +
                    'Nothing was changed.')
            }
            $Module = Get-Command -Name Invoke-OSLicense -ErrorAction SilentlyContinue
            if ((Get-Status) -eq 1 -and (Test-Target)) {
                return New-Answer 0 'Activated already; nothing was changed.'
            }
        }

        if ((Get-Status) -eq -1) {
            if ($Want.OfficeLicense) { Invoke-Script $Ospp @('/inpkey:' + $Want.Key) }
            elseif ($Module) { Add-Result (Invoke-OSLicense -InstallProductKey $Want.Key) }
            else { Invoke-Script $Slmgr @('/ipk', $Want.Key) }
            if ((Get-Status) -eq -1) { return New-Answer 4 'The key was not installed.' }
        }

        if ($Want.OfficeLicense) {
            if ($Want.KmsDomain) {
                Invoke-Script $Ospp @('/remhst')
                Invoke-Script $Ospp @('/skms-domain:' + $Want.KmsDomain)
            } else {
                Invoke-Script $Ospp @('/sethst:' + $Want.KmsHost)
                Invoke-Script $Ospp @('/setprt:' + $Want.KmsPort)
            }
            if ((Get-Status) -eq 1) { return New-Answer 0 'Activated already; the KMS host was set again.' }
            Invoke-Script $Ospp @('/act')
        } else {
            if ($Module) {
                if ($Want.KmsDomain) {
                    Add-Result (Invoke-KmsLicense -ClearServer)
                    Add-Result (Invoke-KmsLicense -ClearPort)
                    Add-Result (Set-KmsLicenseInfo -Domain $Want.KmsDomain)
                } else {
                    Add-Result (Set-KmsLicenseInfo -ServerName $Want.KmsHost -Port $Want.KmsPort)
                }
            } elseif ($Want.KmsDomain) {
                Invoke-Script $Slmgr @('/ckms')
                Invoke-Script $Slmgr @('/skms-domain', $Want.KmsDomain)
            } else {
                Invoke-Script $Slmgr @('/skms', ($Want.KmsHost + ':' + $Want.KmsPort))
            }
            if (-not (Test-Target)) { return New-Answer 5 'The KMS host was not set.' }
            if ($Module) { Add-Result (Invoke-OSLicense -ActivateOnline) } else { Invoke-Script $Slmgr @('/ato') }
        }

        if ((Get-Status) -ne 1) {
            return New-Answer 6 'Not activated yet. It is tried again every 2 hours; see events 12288 and 12289.'
        }
        return New-Answer 0 'Changed; activated.'
    } catch {
        return New-Answer 1 ([string]$_)
    }
}

function Write-Answer([string]$Name, $Answer) {
    foreach ($Line in $Answer.Log) { if ($Line) { Write-Output ('  ' + $Line) } }
    Write-Output ('tenure: ' + $Name + ': ' + $Answer.Text)
}

if (-not $Remote) {
    $Answer = & $Work $Want
    Write-Answer $env:COMPUTERNAME $Answer
    exit $Answer.Code
}

if (-not $Machines.Count) {
    Write-Output 'tenure: this script was made without a list of machines; -Remote has none to work on.'
    exit 1
}
$Worst = 0
$Answers = @{}
Invoke-Command -ComputerName $Machines -ScriptBlock $Work -ArgumentList $Want -ErrorAction SilentlyContinue |
    ForEach-Object { $Answers[$_.PSComputerName] = $_ }
foreach ($Name in $Machines) {
    if ($Answers.ContainsKey($Name)) {
        Write-Answer $Name $Answers[$Name]
        $Worst = [Math]::Max($Worst, $Answers[$Name].Code)
    } else {
        Write-Output ('tenure: ' + $Name + ': no answer by PowerShell remoting.')
        $Worst = [Math]::Max($Worst, 7)
    }
}
exit $Worst
"""


def edition_script(plan: Plan, edition: EditionPlan) -> str:
    """The script of one edition. Windows PowerShell needs a byte order mark before names that are not ASCII."""
    guard, target = edition.guard, plan.target
    windows = guard if isinstance(guard, WindowsGuard) else WindowsGuard("", 0, 0)
    host = target if isinstance(target, HostTarget) else HostTarget("", 0)
    values = {
        "TITLE": plain(edition.label),
        "AS_OF": plan.table_as_of or "of unknown date",
        "AGREEMENT": AGREEMENT,
        "LABEL": powershell(edition.label),
        "KEY": powershell(edition.key),
        "PARTIAL": powershell(edition.partial),
        "EDITION_ID": powershell(windows.edition_id),
        "FIRST_BUILD": str(windows.first_build),
        "LAST_BUILD": str(windows.last_build),
        "OFFICE": powershell(guard.license_name if isinstance(guard, OfficeGuard) else ""),
        "HOST": powershell(host.name),
        "PORT": str(host.port),
        "DOMAIN": powershell(target.domain if isinstance(target, DomainTarget) else ""),
        "MACHINES": ",\n".join(f"    {powershell(name)}" for name in edition.machines),
    }
    return "\ufeff" + fill(_TEMPLATE, values).replace("\n", "\r\n")
