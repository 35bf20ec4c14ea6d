"""How long a machine waits after a failure: doubling, so that a host that comes back is not run over."""

from __future__ import annotations

from typing import Final

LONGEST_SECONDS: Final = 15 * 60
_FIRST_SECONDS: Final = 1.0
_DOUBLINGS: Final = 20
"""More than enough for any `longest`; keeps the power small."""


def backoff(failures: int, draw: float, *, longest: float = LONGEST_SECONDS) -> float:
    """Seconds before the next try after so many failures (the first: 0) in a row.

    1, 2, 4 and so on up to `longest`; `draw` in [0, 1) takes up to half of it off, so that machines which lost a host
    together do not come back together.
    """
    whole = min(longest, _FIRST_SECONDS * 2 ** min(failures, _DOUBLINGS))
    return float(whole * (1 - draw / 2))
