"""What a peer wrote, made safe to show: an error may repeat it in a terminal or a log."""

from __future__ import annotations

from typing import Final

MAX_SHOWN: Final = 1_000
"""Characters of a peer's text that are shown: a few lines."""


def one_line(text: object) -> str:
    """The text with a space for each control character and half surrogate; of a long one, beginning and end.

    The end stays because that is where the JSON library says which member was wrong.
    """
    told = str(text)
    if len(told) > MAX_SHOWN:
        told = f"{told[: MAX_SHOWN - 205]} ... {told[-200:]}"
    return "".join(c if c.isprintable() else " " for c in told).strip()
