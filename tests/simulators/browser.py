"""A real Chromium without a screen, driven over WebDriver (W3C): what a page says on its console and asks of the network.

Needs chromium and chromedriver (Debian and Ubuntu: the packages chromium and chromium-driver). Mark tests that use it
`real`, and take `CHROMIUM_MISSING` as the reason when they are not installed. Ended by its own process id.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM: Final = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
CHROMEDRIVER: Final = shutil.which("chromedriver")
CHROMIUM_MISSING: Final = "Chromium is not installed (apt-get install chromium chromium-driver)"
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1300,1700",
)
_STARTED = re.compile(r"started successfully on port (\d+)")


class Browser:
    """One session."""

    def __init__(self, port: int, session: str) -> None:
        """Behind the driver on this port."""
        self._port = port
        self._session = session

    def open(self, url: str) -> None:
        """The page is loaded, and its scripts have run."""
        self._ask("url", {"url": url})

    def run(self, script: str) -> Any:
        """What the script returns."""
        return self._ask("execute/sync", {"script": script, "args": []})

    def type_into(self, selector: str, text: str) -> None:
        """The text was typed into the element that a CSS selector finds first."""
        element = self._ask("element", {"using": "css selector", "value": selector})
        self._ask(f"element/{next(iter(element.values()))}/value", {"text": text})

    def set_media(self, **features: str) -> None:
        """The page is shown with these media features, such as `prefers-color-scheme`, or on `media="print"`."""
        media = features.pop("media", "")
        self._ask(
            "goog/cdp/execute",
            {
                "cmd": "Emulation.setEmulatedMedia",
                "params": {
                    "media": media,
                    "features": [
                        {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
                    ],
                },
            },
        )

    def console(self) -> list[str]:
        """Everything on the console since the last look: errors, warnings, violations of the page's policy."""
        return [f"{entry['level']}: {entry['message']}" for entry in self._ask("se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """The address of every request since the last look."""
        messages = [
            json.loads(entry["message"])["message"] for entry in self._ask("se/log", {"type": "performance"})
        ]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def screenshot(self, path: Path) -> None:
        """The file holds what is on the screen, as PNG."""
        path.write_bytes(base64.b64decode(self._ask("screenshot", None)))

    def close(self) -> None:
        """The browser has ended."""
        _call(self._port, "DELETE", f"/session/{self._session}", None)

    def _ask(self, what: str, body: object) -> Any:
        method = "GET" if body is None else "POST"
        return _call(self._port, method, f"/session/{self._session}/{what}", body)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of its own, with a fresh profile."""
    assert CHROMIUM is not None
    assert CHROMEDRIVER is not None
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        subprocess.Popen([CHROMEDRIVER, "--port=0"], stdout=subprocess.PIPE, text=True) as driver,
    ):
        try:
            port = _port(driver)
            session = _call(
                port, "POST", "/session", {"capabilities": {"alwaysMatch": _capabilities(profile)}}
            )
            opened = Browser(port, session["sessionId"])
            try:
                yield opened
            finally:
                opened.close()
        finally:
            driver.send_signal(signal.SIGTERM)


def _capabilities(profile: str) -> dict[str, object]:
    return {
        "browserName": "chrome",
        "goog:chromeOptions": {
            "binary": CHROMIUM,
            "args": [*_FLAGS, f"--user-data-dir={profile}"],
            "perfLoggingPrefs": {"enableNetwork": True},
        },
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }


def _port(driver: subprocess.Popen[str]) -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if found := _STARTED.search(line):
            return int(found[1])
    raise AssertionError("chromedriver did not start")


def _call(port: int, method: str, path: str, body: object) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(
            method,
            path,
            None if body is None else json.dumps(body),
            {"Content-Type": "application/json"},
        )
        answer = json.loads(connection.getresponse().read())["value"]
    finally:
        connection.close()
    if isinstance(answer, dict) and "error" in answer:
        raise AssertionError(f"{answer['error']}: {answer['message']}")
    return answer
