"""A desktop-style product: a check at the start, another one in the background now and then, features greyed out.

    python examples/desktop_product.py --root-key root.pub.jwk --product-id ID

Windows and menus are printed, so that no toolkit is needed; with one, `Window.show` sets the widgets, on its thread.
A check costs microseconds, so a menu that opens may also simply ask.
"""

from __future__ import annotations

import argparse
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tenure import License, LicenseCheck, LicenseStatus

if TYPE_CHECKING:
    from collections.abc import Callable

FEATURES = ("open", "save", "export")
RECHECK_SECONDS = 600.0


@dataclass(frozen=True)
class Window:
    """What a person sees."""

    title: str
    banner: str
    """A strip over the document; empty: none."""
    menu: dict[str, bool]
    """The entries, and whether each can be chosen; the others are grey."""

    def show(self) -> None:
        """Print it."""
        entries = [name if usable else f"({name})" for name, usable in self.menu.items()]
        print(f"[{self.title}]  {'  '.join(entries)}")
        if self.banner:
            print(f"  ! {self.banner}")


def window_for(check: LicenseCheck) -> Window:
    """The window that goes with an answer; opening a document is never stopped."""
    title = check.product or "Draft Studio"
    if check.status is LicenseStatus.REDUCED_FUNCTIONALITY:
        title += " (reduced functionality)"
    quiet = check.licensed and not check.warning
    return Window(
        title=title,
        banner="" if quiet else f"{check.message} {check.cure}".strip(),
        menu={name: name == "open" or check.allows(name) for name in FEATURES},
    )


class Rechecking:
    """Looks again every so often, in a thread of its own, and tells of windows that differ from the last."""

    def __init__(
        self, product: License, tell: Callable[[Window], None], seconds: float = RECHECK_SECONDS
    ) -> None:
        """Show the first window at once."""
        self._product = product
        self._tell = tell
        self._seconds = seconds
        self._stop = threading.Event()
        self._last = window_for(product.check())
        tell(self._last)
        self._thread = threading.Thread(target=self._run, name="license", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End at once."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            window = window_for(self._product.check())
            if window != self._last:
                self._last = window
                self._tell(window)


def main() -> None:
    """Show the window until the person leaves."""
    parser = argparse.ArgumentParser(description="A drawing program with a window, of a kind.")
    parser.add_argument("--root-key", type=Path, required=True)
    parser.add_argument("--product-id", required=True)
    given = parser.parse_args()
    product = License(root_key=given.root_key, product_id=given.product_id)
    with Rechecking(product, Window.show):
        input("Press Enter to leave.\n")


if __name__ == "__main__":
    main()
