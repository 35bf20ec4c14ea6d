"""The report's page: whole in itself, and nothing that a log says is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
import pytest

from tenure.microsoft.events import KmsRequest
from tenure.microsoft.fleet_log import MemoryFleetLog
from tenure.microsoft.report import Report, make_report
from tenure.microsoft.report_html import MAX_ROWS, html
from tenure.microsoft.report_plots import SERIES, Line, bars, lines, stacked_bars

AT = 1_767_225_600
EVIL = '"\'&x"onmouseover=alert(1)'


def request(number: int, **change: object) -> KmsRequest:
    """A machine's request."""
    good = KmsRequest(
        "kms1",
        AT - number,
        f"00000000-0000-4000-8000-{number:012}",
        f"pc{number}",
        "sku",
        0,
        25,
        -1,
        False,
        1,
        5,
    )
    return msgspec.structs.replace(good, **change)


def report(*requests: KmsRequest) -> Report:
    """The report of these requests."""
    log = MemoryFleetLog()
    log.add(requests)
    return make_report(log, AT, {"sku": "<b>Windows</b>"})


class Page(HTMLParser):
    """Collects elements, attributes and whatever would make a request."""

    VOID = frozenset({"meta", "link", "input"})

    def __init__(self, text: str) -> None:
        """The whole page is parsed."""
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "action", "data", "poster", "srcset"}:
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """An element ends: the one that began last."""
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "requests",
    [(), (request(1),), tuple(request(n, name=f"{EVIL}{n}", host=EVIL) for n in range(40))],
    ids=["nothing", "one machine", "hostile names"],
)
def test_the_page_is_whole_and_asks_for_nothing(requests: tuple[KmsRequest, ...]) -> None:
    """Every element is closed; no address but an empty icon; no handler in an attribute; one script, two styles at most."""
    text = "".join(html(report(*requests)))
    page = Page(text)
    assert page.open == []
    assert page.addresses == ["data:,"]
    assert page.handlers == []
    assert page.tags.count("script") == 1
    assert "iframe" not in page.tags
    assert "<b>Windows" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_the_page_says_when_its_log_is_old() -> None:
    """Or machines would look late that are not."""
    assert "newest request is 9 days old" in "".join(html(report(request(1, at=AT - 9 * 86_400))))
    assert "days old" not in "".join(html(report(request(1))))
    assert "claim a later time" in "".join(html(report(request(1, at=AT + 9))))
    assert "No request" in "".join(html(report()))


def test_large_tables_are_shown_in_part() -> None:
    """With a word on where the rest is."""
    text = "".join(html(report(*(request(n) for n in range(MAX_ROWS + 5)))))
    assert f"The first {MAX_ROWS:,}" in text
    assert text.count("<tr>") < MAX_ROWS + 100


def test_plots_say_their_numbers() -> None:
    """A bar's title, a line's name, a row's value."""
    drawn = stacked_bars("T", ["d1", "d2"], [10, 0], [2, 0], ("good", "bad"))
    assert "d1: 10 good, 2 bad" in drawn
    assert drawn.count("<rect") == 3 + 2
    assert "1,234" in bars("T", [("a&b", 1234)])
    assert "a&amp;b" in bars("T", [("a&b", 1)])


@pytest.mark.parametrize("values", [(), (0,), (0, 0), (1, 99, 12_345)])
def test_plots_stay_inside_their_frame(values: tuple[int, ...]) -> None:
    """Whatever the numbers are, and when there are none."""
    labels = [str(n) for n in range(len(values))]
    drawn = lines("T", labels, [Line("a", values)], (25, 5)) + stacked_bars(
        "T", labels, list(values), list(values), ("a", "b")
    )
    heights = [float(y) for y in re.findall(r'\by="(-?[\d.]+)"', drawn)]
    assert all(0 <= y <= 220 for y in heights)
    assert "nan" not in drawn
    bars("T", [(label, 0) for label in labels])


def test_more_lines_than_colors_are_said() -> None:
    """The rest is counted."""
    drawn = lines("T", ["a"], [Line(str(n), (n,)) for n in range(SERIES + 3)], (5,))
    assert "3 more are not drawn" in drawn
