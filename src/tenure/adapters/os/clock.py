"""The system's clock."""

from __future__ import annotations

import time


def system_clock() -> int:
    """Whole Unix seconds, floored."""
    return int(time.time())
