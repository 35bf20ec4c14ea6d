"""The one clock, as the rules know it: a number that somebody else read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Gives whole Unix seconds, floored. Read once a request or sweep, so that no rule changes its mind halfway."""
