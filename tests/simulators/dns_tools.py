"""BIND's programs for administrators (`dig`, `nslookup`, `nsupdate`, ...), and what is read out of what they print.

Debian and Ubuntu: the packages bind9, bind9-utils and bind9-dnsutils.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATH: Final = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin:/opt/homebrew/bin:/opt/homebrew/sbin"


def output(*words: str, typed: str = "", under: Sequence[str] = ()) -> str:
    """What a program prints; it must succeed. `under` is a command line that runs it."""
    program = shutil.which(words[0], path=_PATH)
    assert program is not None, f"{words[0]} is not installed (apt-get install bind9 bind9-dnsutils)"
    done = subprocess.run(
        [*under, program, *words[1:]], input=typed, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def services_by_dig(name: str, server: str, *, under: Sequence[str] = ()) -> set[str]:
    """The SRV records of a name, each `priority weight port target.`, by the answer section of dig's full output."""
    printed = output("dig", "+norec", f"@{server}", name, "SRV", under=under)
    (status,) = re.findall(r"status: (\w+)", printed)
    found = re.findall(rf"^{re.escape(name)}\.\s+\d+\s+IN\s+SRV\s+(.+)$", printed, flags=re.MULTILINE)
    assert status == ("NOERROR" if found else "NXDOMAIN"), printed
    return set(found)


def services_by_nslookup(name: str, server: str, *, under: Sequence[str] = ()) -> set[str]:
    """The same by nslookup; the name must exist."""
    printed = output("nslookup", "-norecurse", "-type=srv", name, server, under=under)
    return set(re.findall(rf"^{re.escape(name)}\tservice = (.+)$", printed, flags=re.MULTILINE))
