"""Plots as SVG, drawn here: no script, no library, no font that is not there, and colors that follow light and dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH: Final = 640
HEIGHT: Final = 220
_LEFT: Final = 52
_RIGHT: Final = 14
_TOP: Final = 14
_BOTTOM: Final = 30
_INNER: Final = WIDTH - _LEFT - _RIGHT
_TALL: Final = HEIGHT - _TOP - _BOTTOM
_BASE: Final = HEIGHT - _BOTTOM
_TICKS: Final = 4
_LABELS: Final = 6
SERIES: Final = 5
"""Lines that can be told apart; the page has a color for each."""


class Line(Struct, frozen=True):
    """One line of a plot."""

    name: str
    values: tuple[int, ...]


def stacked_bars(
    title: str, labels: Sequence[str], lower: Sequence[int], upper: Sequence[int], names: tuple[str, str]
) -> str:
    """One bar a label: `lower` with `upper` on top of it."""
    top = _round_up(max((a + b for a, b in zip(lower, upper, strict=True)), default=0))
    step = _INNER / max(1, len(labels))
    wide = max(0.5, step * 0.8)
    parts = [*_axis(top), *_label_axis(labels)]
    for place, (label, a, b) in enumerate(zip(labels, lower, upper, strict=True)):
        x = _LEFT + place * step + (step - wide) / 2
        tip = f"<title>{escape(label)}: {a:,} {escape(names[0])}, {b:,} {escape(names[1])}</title>"
        high_a, high_b = _TALL * a / top, _TALL * b / top
        parts.append(
            f'<g>{tip}<rect class="s0" x="{x:.1f}" y="{_BASE - high_a:.1f}" width="{wide:.1f}" height="{high_a:.1f}"/>'
            + (
                f'<rect class="bad" x="{x:.1f}" y="{_BASE - high_a - high_b:.1f}" width="{wide:.1f}" '
                f'height="{high_b:.1f}"/>'
                if b
                else ""
            )
            + "</g>"
        )
    return _svg(title, parts) + _legend([("s0", names[0]), ("bad", names[1])])


def lines(title: str, labels: Sequence[str], series: Sequence[Line], marks: Sequence[int]) -> str:
    """One line a series over the labels, and a dashed line at each mark; at most `SERIES` lines."""
    shown = series[:SERIES]
    top = _round_up(max([value for line in shown for value in line.values] + list(marks) + [1]))
    step = _INNER / max(1, len(labels) - 1)
    parts = [*_axis(top), *_label_axis(labels, centered=False)]
    for mark in marks:
        y = _BASE - _TALL * mark / top
        parts.append(f'<line class="mark" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{WIDTH - _RIGHT}" y="{y - 4:.1f}" text-anchor="end">{mark}</text>'
        )
    for number, line in enumerate(shown):
        points = " ".join(
            f"{_LEFT + place * step:.1f},{_BASE - _TALL * value / top:.1f}"
            for place, value in enumerate(line.values)
        )
        parts.append(
            f'<polyline class="l{number}" points="{points}"><title>{escape(line.name)}</title></polyline>'
        )
    legend = _legend([(f"s{number}", line.name) for number, line in enumerate(shown)])
    more = len(series) - len(shown)
    return _svg(title, parts) + legend + (f'<p class="note">{more} more are not drawn.</p>' if more else "")


def bars(title: str, rows: Iterable[tuple[str, int]]) -> str:
    """One horizontal bar a row, with its name and value in words."""
    listed = list(rows)
    top = max((value for _, value in listed), default=0) or 1
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="n">{value:,}</td>'
        f'<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="s0" x="0" y="0" width="{100 * value / top:.2f}" height="10"/></svg></td></tr>'
        for name, value in listed
    )
    return f'<table class="bars"><caption>{escape(title)}</caption><tbody>{cells}</tbody></table>'


def _svg(title: str, parts: Iterable[str]) -> str:
    return (
        f'<svg class="plot" role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"{''.join(parts)}</svg>"
    )


def _axis(top: int) -> list[str]:
    parts = []
    for tick in range(_TICKS + 1):
        y = _BASE - _TALL * tick / _TICKS
        text = f"{top * tick // _TICKS:,}"
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    return parts


def _label_axis(labels: Sequence[str], *, centered: bool = True) -> list[str]:
    if not labels:
        return []
    count = len(labels)
    step = _INNER / count if centered else _INNER / max(1, count - 1)
    every = max(1, -(-count // _LABELS))
    parts = []
    for place in range(0, count, every):
        x = _LEFT + place * step + (step / 2 if centered else 0)
        anchor = "middle" if centered or 0 < place < count - 1 else "start" if place == 0 else "end"
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{_BASE + 18}" text-anchor="{anchor}">{escape(labels[place])}</text>'
        )
    return parts


def _legend(entries: Iterable[tuple[str, str]]) -> str:
    items = "".join(
        f'<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="{style}" width="10" height="10"/></svg>'
        f"{escape(name)}</li>"
        for style, name in entries
    )
    return f'<ul class="legend">{items}</ul>'


def _round_up(value: int) -> int:
    """A round number at or above the value whose quarters are whole, for the top of an axis."""
    if value <= 3 * _TICKS:
        return max(1, -(-value // _TICKS)) * _TICKS
    unit = int(10 ** (len(str(value)) - 1))
    for factor in (2, 4, 6, 8):
        if factor * unit >= value:
            return factor * unit
    return 10 * unit
