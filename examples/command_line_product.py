"""A command-line product: `export` needs its license, `show` always works.

    python examples/command_line_product.py --root-key root.pub.jwk --product-id ID export drawing.txt

A real product has the root key and the product id written into it; here they are arguments, so that the example runs
against any publisher, such as the one of `tenure up` (`root_key` and `product_id` in its quickstart.json).

Exit codes: 0 done; 1 there is no such drawing; 3 the license does not allow it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tenure import License, LicenseCheck, LicenseStatus


def notice(check: LicenseCheck) -> str | None:
    """What people should hear on standard error; None: all is well."""
    match check.status:
        case LicenseStatus.LICENSED if not check.warning and not check.clock_moved_back:
            return None
        case _:
            return f"license: {check.message} {check.cure}".strip()


def run(product: License, action: str, drawing: Path) -> int:
    """One command, and its exit code."""
    check = product.check()
    if (told := notice(check)) is not None:
        print(told, file=sys.stderr)
    # `show` is not asked about: reading what one has made needs no license.
    if action != "show" and not check.allows(action):
        print(f"{action} is not available: {check.status.value} ({check.reason}).", file=sys.stderr)
        return 3
    try:
        text = drawing.read_text()
    except OSError as error:
        print(f"{drawing}: {error.strerror}", file=sys.stderr)
        return 1
    if action == "export":
        drawing.with_suffix(".svg").write_text(f"<svg><text>{text}</text></svg>\n")
    else:
        print(text)
    return 0


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description="A small drawing program.")
    parser.add_argument("--root-key", type=Path, required=True)
    parser.add_argument("--product-id", required=True)
    parser.add_argument("action", choices=["show", "export"])
    parser.add_argument("drawing", type=Path)
    given = parser.parse_args()
    product = License(root_key=given.root_key, product_id=given.product_id)
    return run(product, given.action, given.drawing)


if __name__ == "__main__":
    sys.exit(main())
