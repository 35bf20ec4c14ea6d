"""QR pictures, read back by a decoder that shares no code with what drew them: Debian's zbar-tools."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import segno

from simulators.browser import CHROMEDRIVER, CHROMIUM, CHROMIUM_MISSING, Browser, browser
from tenure.adapters.qr import draw, draw_in_terminal
from tenure.wire.picture_text import SYMBOLS_A_PICTURE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from integration.offline.conftest import Site

ZBARIMG = shutil.which("zbarimg") or ""
pytestmark = [pytest.mark.real, pytest.mark.skipif(not ZBARIMG, reason="needs Debian's zbar-tools")]

FULL = "TENURE/1/1:" + "0123456789ABCDEFGHJKMNPQRSTVWXYZ" * (SYMBOLS_A_PICTURE // 32)
"""What the fullest picture says."""
BLACK, WHITE = 0, 255

needs_browser = pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason=CHROMIUM_MISSING)


@pytest.fixture(scope="module")
def screen() -> Iterator[Browser]:
    """A browser, which shows drawings as their readers will see them."""
    with browser() as opened:
        yield opened


def photographed(screen: Browser, drawing: Path) -> Path:
    """A picture of the drawing as it is on the screen."""
    picture = drawing.with_suffix(".photograph.png")
    screen.open(drawing.as_uri())
    screen.screenshot(picture)
    return picture


def decoded(*pictures: Path) -> str:
    """What zbarimg reads in the pictures."""
    done = subprocess.run(
        [ZBARIMG, "--raw", "-q", "-Sdisable", "-Sqrcode.enable", *map(str, pictures)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def gray_picture(rows: Sequence[Sequence[int]], path: Path) -> Path:
    """The gray values as a picture (PGM)."""
    path.write_bytes(f"P5 {len(rows[0])} {len(rows)} 255\n".encode() + bytes(v for row in rows for v in row))
    return path


def scaled(rows: Sequence[Sequence[int]], factor: float) -> list[list[int]]:
    """The picture at another size, its pixels as they fall."""
    size = round(len(rows) * factor)
    return [[rows[int(y / factor)][int(x / factor)] for x in range(size)] for y in range(size)]


def modules(text: str) -> list[list[int]]:
    """The picture, a pixel a module."""
    code = segno.make_qr(text, error="m", mode="alphanumeric")
    return [[BLACK if module else WHITE for module in row] for row in code.matrix_iter(border=4)]


def pale(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """A printer that runs out of ink, and a dim room."""
    return [[110 if value == BLACK else 170 for value in row] for row in rows]


def noisy(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """A telephone in the dark."""
    chance = random.Random(7)  # noqa: S311 - the same noise in every run; no secret
    return [[min(255, max(0, value + round(chance.gauss(0, 50)))) for value in row] for row in rows]


def stained(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """A drop of coffee in the middle, 8 modules wide."""
    middle, radius = len(rows) / 2, 4 * len(rows) / 105
    return [
        [BLACK if (x - middle) ** 2 + (y - middle) ** 2 < radius**2 else value for x, value in enumerate(row)]
        for y, row in enumerate(rows)
    ]


def test_the_fullest_picture_is_read(tmp_path: Path) -> None:
    """As PNG."""
    picture = tmp_path / "full.png"
    picture.write_bytes(draw(FULL, "png"))
    assert decoded(picture) == FULL


@needs_browser
def test_a_drawing_is_read_from_a_screen(tmp_path: Path, screen: Browser) -> None:
    """As SVG, in a browser."""
    drawing = tmp_path / "full.svg"
    drawing.write_bytes(draw(FULL, "svg"))
    assert decoded(photographed(screen, drawing)) == FULL


def test_a_picture_in_a_terminal_is_read(tmp_path: Path) -> None:
    """Its half blocks, each of which shows one module over another, white on black."""
    upper = {
        " ": BLACK,
        "\N{UPPER HALF BLOCK}": WHITE,
        "\N{LOWER HALF BLOCK}": BLACK,
        "\N{FULL BLOCK}": WHITE,
    }
    lower = {
        " ": BLACK,
        "\N{UPPER HALF BLOCK}": BLACK,
        "\N{LOWER HALF BLOCK}": WHITE,
        "\N{FULL BLOCK}": WHITE,
    }
    shown = re.sub("\x1b\\[[0-9;]*m", "", draw_in_terminal(FULL)).splitlines()
    rows = [[half[c] for c in line] for line in shown for half in (upper, lower)]
    assert decoded(gray_picture(scaled(rows[: len(rows[0])], 4), tmp_path / "terminal.pgm")) == FULL


@pytest.mark.parametrize(
    ("factor", "worse"),
    [
        pytest.param(2.0, list, id="two pixels a module, one bit"),
        pytest.param(2.7, list, id="scaled crookedly"),
        pytest.param(3.3, pale, id="pale"),
        pytest.param(4.0, noisy, id="noisy"),
        pytest.param(4.0, stained, id="stained"),
    ],
)
def test_a_bad_copy_is_read(
    tmp_path: Path, factor: float, worse: Callable[[list[list[int]]], list[list[int]]]
) -> None:
    """What faxes, photocopiers and telephones make of the fullest picture."""
    assert decoded(gray_picture(worse(scaled(modules(FULL), factor)), tmp_path / "bad.pgm")) == FULL


@needs_browser
def test_a_host_is_activated_by_photographs(site: Site, tmp_path: Path, screen: Browser) -> None:
    """There and back; a confirmation with a catalog takes two pictures, which may be read in any order."""
    site.new_host()
    request, answer, read = tmp_path / "request.png", tmp_path / "answer.svg", tmp_path / "read.txt"
    assert site.host("activate", "--offline", str(request))["files"] == [str(request)]
    site.publisher("product", "add", "--name", "Third", "--kind", "server")
    read.write_text(decoded(request))
    files = site.publisher("activate-request", str(read), "--out", str(answer))["files"]
    assert files == [str(tmp_path / "answer-1.svg"), str(tmp_path / "answer-2.svg")]
    read.write_text(decoded(*(photographed(screen, tmp_path / file) for file in reversed(files))))
    assert site.host("activate", "--confirmation", str(read))["used"] == 1


def test_a_picture_itself_is_not_read_by_the_command(site: Site, tmp_path: Path) -> None:
    """It says which program does, and exits with 2."""
    site.new_host()
    request = str(tmp_path / "request.png")
    site.host("activate", "--offline", request)
    error = site.publisher("activate-request", request, code=2)["error"]
    assert "zbarimg --raw" in error["cure"]
