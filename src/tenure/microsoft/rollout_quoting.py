"""Text from outside in scripts: written so that no shell, template or parser reads it as anything but text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_POWERSHELL_QUOTES: Final = "'\u2018\u2019\u201a\u201b"
"""All that PowerShell reads as a single quotation mark (language specification, section 2.3.5.2)."""
_BMP_END: Final = 0xFFFF
_LATIN_END: Final = 0xFF


def powershell(text: str) -> str:
    """A verbatim string of PowerShell: nothing in it is expanded.

    Raises:
        UsageError: code `invalid_argument`: the text has control characters, which no name has.
    """
    _refuse_controls(text)
    return "'" + "".join(c * 2 if c in _POWERSHELL_QUOTES else c for c in text) + "'"


def yaml(text: str) -> str:
    """A double-quoted YAML scalar in ASCII, which is text whatever it looks like (YAML 1.2, section 7.3.1)."""
    return '"' + "".join(_yaml_character(c) for c in text) + '"'


def plain(text: str) -> str:
    """The text with all but letters, digits, spaces and `.,:()+-_` as underscores: for comments, labels and cmd.exe.

    cmd.exe has no quoting that holds everywhere, so nothing that it could read otherwise is left.
    """
    return re.sub(r"[^A-Za-z0-9 .,:()+_-]", "_", text)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with a value for each `@@NAME@@`, in one pass: what stands in a value is never looked at again."""
    return re.sub(r"@@(\w+)@@", lambda found: values[found[1]], template)


def _yaml_character(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return "\\" + character
    if character.isascii() and character.isprintable():
        return character
    if code <= _LATIN_END:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= _BMP_END else f"\\U{code:08X}"


def _refuse_controls(text: str) -> None:
    if not text.isprintable():
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{text[:60]!a} has characters that cannot be printed.",
            "Take them out of the list.",
        )
