"""The report's page in a real browser: no word on the console, no request, light and dark and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.browser import CHROMEDRIVER, CHROMIUM, CHROMIUM_MISSING, Browser, browser
from simulators.kms_log import AT, HOSTS, Logged, planned_fleet, winlogbeat
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.microsoft.report import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason=CHROMIUM_MISSING),
]
CMID = "36f27b39-2fd5-440b-be67-a09996d27a38"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a fleet of a thousand machines, and of one that would like to run a script."""
    folder = tmp_path_factory.mktemp("report")
    log = folder / "log.ndjson"
    evil = [
        Logged(HOSTS[0], AT - 60, CMID.replace("36f", f"{place}6f"), name)
        for place, name in enumerate(
            ["\"'onload=alert(1)", "&lt;img/src=x/onerror=alert(1)&gt;", "javascript:alert(1)"]
        )
    ]
    log.write_bytes(winlogbeat([*planned_fleet(1000).log, *evil]))
    home = ["--home", str(folder)]
    assert run(command, ["microsoft", "import", str(log), *home]) == 0
    path = folder / "report.html"
    assert run(command, ["microsoft", "report", *home, "--at", rfc3339(AT), "--html", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def opened(page: Path) -> Iterator[Browser]:
    """A browser that shows it, and has forgotten its own start page."""
    with browser() as shown:
        shown.open("about:blank")
        shown.console()
        shown.requests()
        shown.open(page.as_uri())
        yield shown


def test_the_page_says_nothing_on_the_console_and_asks_nobody(opened: Browser, page: Path) -> None:
    """The only request is the page itself, and the empty icon that it carries."""
    assert opened.console() == []
    asked = set(opened.requests())
    assert page.as_uri() in asked
    assert asked <= {page.as_uri(), "data:,"}


def test_the_page_would_say_so(opened: Browser, page: Path) -> None:
    """The two looks above see what they should: a script and an image that the page's policy forbids."""
    opened.run("var i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i)")
    opened.run("var s = document.createElement('script'); s.textContent = 'boo()'; document.body.append(s)")
    said = " ".join(opened.console())
    assert "Content Security Policy" in said
    opened.requests()
    opened.open(page.as_uri())


def test_rows_can_be_filtered(opened: Browser) -> None:
    """The one script of the page shows the field and hides what does not fit."""
    rows = "return document.querySelectorAll('#machines tbody tr:not([hidden])').length"
    everything = opened.run(rows)
    assert everything > 900
    opened.type_into("input[data-filter=machines]", "pc00042")
    assert opened.run(rows) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read_in_light_and_dark(scheme: str, opened: Browser, tmp_path: Path) -> None:
    """Their contrast is 4.5 to 1 or better (WCAG 2.2, 1.4.3), and so is that of the dimmed ones."""
    opened.set_media(prefers_color_scheme=scheme)
    worst = opened.run(
        """
        function light(c) { var v = c.match(/[\\d.]+/g).slice(0, 3).map(function (x) { x = x / 255;
          return x <= 0.04045 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4) });
          return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2] }
        function behind(e) { for (; e; e = e.parentElement) { var c = getComputedStyle(e).backgroundColor;
          if (c !== 'rgba(0, 0, 0, 0)') return c } return 'rgb(255, 255, 255)' }
        var worst = 99;
        document.querySelectorAll('h1, h2, p, td, th, li, figcaption, .tiles b, .tiles span, .tick').forEach(function (e) {
          var s = getComputedStyle(e), a = light(e.matches('.tick') ? s.fill : s.color), b = light(behind(e));
          worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)) });
        return worst
        """
    )
    opened.screenshot(tmp_path / f"{scheme}.png")
    opened.set_media()
    assert worst >= 4.5


def test_on_paper_tables_are_whole(opened: Browser) -> None:
    """Nothing is hidden in a box that scrolls, and no field stands there that nobody can fill."""
    opened.set_media(media="print")
    cut = opened.run(
        "return Array.from(document.querySelectorAll('.scroll')).filter(function (e) {"
        "return e.scrollHeight > e.clientHeight + 1 }).length"
    )
    fields = opened.run("return getComputedStyle(document.querySelector('input')).display")
    opened.set_media()
    assert cut == 0
    assert fields == "none"


def test_nothing_is_wider_than_the_window(opened: Browser) -> None:
    """The page itself never scrolls sideways."""
    assert opened.run("return document.documentElement.scrollWidth <= window.innerWidth")
