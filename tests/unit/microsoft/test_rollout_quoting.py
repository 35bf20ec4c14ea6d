"""Hostile text in scripts stays text, as real parsers read them."""

from __future__ import annotations

import pytest
import tree_sitter_powershell
import yaml as pyyaml  # type: ignore[import-untyped] # Ansible's own parser; it has no types
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Parser

from tenure.core.errors import UsageError
from tenure.microsoft.rollout_quoting import fill, plain, powershell, yaml

HOSTILE = [
    "pc'; Remove-Item C:\\ -Recurse; '",
    "pc\u2019; calc; \u2019",
    "\u2018\u201a\u201b'",
    "$(calc)",
    "`$env:PATH",
    "{{ lookup('pipe', 'id') }}",
    "{% raw %}",
    '"; calc; "',
    "%PATH% & calc | more > x",
    "yes",
    "1e3",
    "&anchor",
    "- item",
    "#comment",
    "!!python/object",
    "back\\slash",
    "b\u00fcro-\u65e5\u672c-\U0001d49c",
    "",
]
POWERSHELL = Parser(Language(tree_sitter_powershell.language()))
PRINTABLE = st.text().filter(str.isprintable)


def verbatim_strings(script: str) -> list[str]:
    """The verbatim strings of a script without syntax errors, as PowerShell's grammar reads them."""
    tree = POWERSHELL.parse(script.encode())
    assert not tree.root_node.has_error, script
    found, waiting = [], [tree.root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "verbatim_string_characters":
            found.append((node.text or b"").decode())
        waiting.extend(reversed(node.children))
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_powershell_reads_one_string(text: str) -> None:
    """The whole text is one verbatim string; each quotation mark that PowerShell knows is doubled."""
    (literal,) = verbatim_strings(f"$Name = {powershell(text)}\n")
    inner = literal[1:-1]
    for quote in "'\u2018\u2019\u201a\u201b":
        assert inner.count(quote) == 2 * text.count(quote)
        inner = inner.replace(quote * 2, quote)
    assert inner == text


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "\x00", "\x1b[2J", "\u2028", "\u202e"])
def test_powershell_takes_no_control_characters(text: str) -> None:
    """A line end in a string would not end it, but no name has one."""
    with pytest.raises(UsageError, match="cannot be printed"):
        powershell(text)


@given(st.text())
def test_yaml_reads_the_same_text(text: str) -> None:
    """Any text comes back from a YAML parser as it was, as a value and as a key."""
    written = yaml(text)
    assert written.isascii()
    assert written.isprintable()
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert pyyaml.safe_load(f"name: {written}") == {"name": text}


@pytest.mark.parametrize("text", HOSTILE)
def test_yaml_keys_stay_text(text: str) -> None:
    """What YAML would read as a boolean, a number, an anchor or a tag is text."""
    assert pyyaml.safe_load(f"all:\n  {yaml(text)}:\n") == {"all": {text: None}}


@given(st.text())
def test_plain_text_has_nothing_that_a_shell_reads(text: str) -> None:
    """Same length, and only letters, digits, spaces and a few marks of ASCII."""
    written = plain(text)
    assert len(written) == len(text)
    assert not {*written} & {*"%&|<>^\"'`$;!@=*?/\\{}[]~#\r\n\t"}
    assert written.isascii()


def test_a_filled_template_is_not_filled_again() -> None:
    """A value that looks like a mark stays what it is; a mark without a value is a defect and not left in."""
    assert fill("@@A@@ @@B@@", {"A": "@@B@@", "B": "b"}) == "@@B@@ b"
    with pytest.raises(KeyError):
        fill("@@C@@", {})
