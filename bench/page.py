"""Figures in docs/performance.md, written by those who measured them, between two comments that name the part."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def write(part: str, paragraphs: Iterable[str]) -> None:
    """The page says this in the named part, and nothing else there.

    Raises:
        ValueError: the page has no such part.
    """
    begin, end = f"<!-- {part}: written by bench/{part}.py -->", f"<!-- end of {part} -->"
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    PAGE.write_text("\n\n".join([f"{before}{begin}", *paragraphs, f"{end}{after}"]), encoding="utf-8")
