"""Who runs this program, for the audit."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from tenure.wire.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 64
"""Characters of a name that are told."""


def user_name(environment: Mapping[str, str] = os.environ) -> str:
    """The name of the user that the system says this process runs as; of root by sudo, of whoever asked sudo.

    Not what $USER says, which everybody may set. Root may set $SUDO_USER, too, but root may write the audit anyway.
    """
    name = _system_name()
    asked = environment.get("SUDO_USER", "")
    return one_line(f"{asked} (sudo)" if name == "root" and asked else name)[:LONGEST]


if sys.platform == "win32":
    import getpass

    def _system_name() -> str:
        return getpass.getuser()

else:
    import pwd

    def _system_name() -> str:
        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            # A container may run programs under a user id without a name.
            return str(os.geteuid())
