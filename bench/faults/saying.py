"""What a process of the bench saw, as lines of JSON on its standard output; it ends with its standard input."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

_one_at_a_time = threading.Lock()


def say(kind: str, **facts: Any) -> None:
    """One line, whole. `at` is the system's monotonic clock, the same for every process."""
    with _one_at_a_time:
        sys.stdout.write(json.dumps({"kind": kind, "at": time.monotonic(), **facts}) + "\n")
        sys.stdout.flush()


def input_ends() -> threading.Event:
    """An event that is set when the standard input ends."""
    over = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait, name="input", daemon=True).start()
    return over
