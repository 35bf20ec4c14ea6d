"""The product on every machine of a fleet, in one process: it asks the library for its license all the time.

Says after each round through all machines `{"kind": "product", "at", "since", "licensed", "others"}`: when the round
began, and the reason of each that is not licensed.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Final

from faults.saying import input_ends, say
from tenure import License

_PAUSE_SECONDS: Final = 0.2
"""Between two checks of all machines."""


def main() -> None:
    """They ask until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--product", required=True)
    parser.add_argument("homes", nargs="+", type=Path)
    arguments = parser.parse_args()
    over = input_ends()
    licenses = [
        License(root_key=arguments.root, product_id=arguments.product, home=home) for home in arguments.homes
    ]
    while not over.wait(_PAUSE_SECONDS):
        since = time.monotonic()
        checks = [license_.check() for license_ in licenses]
        others = [check.reason for check in checks if not check.licensed]
        say("product", since=since, licensed=len(checks) - len(others), others=others)


if __name__ == "__main__":
    main()
