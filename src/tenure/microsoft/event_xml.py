"""Events as XML: the event viewer's export, `wevtutil`, and `ToXml()`; one `<Event>` at a time.

`event_split` cuts the elements out of the stream, so a document type with its entities never comes this far: the parser's input begins with `<Event`, behind which none
may stand.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

from tenure.microsoft.event_fields import interpret
from tenure.microsoft.event_json import event_number
from tenure.microsoft.event_times import instant
from tenure.microsoft.events import Entry, Fact, NotUnderstood, Unrelated

MAX_DEPTH: Final = 16
MAX_VALUES: Final = 256


class _Element:
    """Collects the few things of an event that matter."""

    def __init__(self) -> None:
        self.event_id = ""
        self.provider = ""
        self.time = ""
        self.computer = ""
        self.channel = ""
        self.values: list[str] = []
        self.message = ""
        self._path: list[str] = []
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = name.rpartition(":")[2]
        self._path.append(name)
        self._text.clear()
        if len(self._path) > MAX_DEPTH or len(self.values) > MAX_VALUES:
            raise ValueError("too deep")
        if name == "Provider":
            self.provider = attributes.get("Name", "") or attributes.get("EventSourceName", "")
        elif name == "TimeCreated":
            self.time = attributes.get("SystemTime", "")

    def text(self, text: str) -> None:
        """Text of the present element."""
        self._text.append(text)

    def end(self, name: str) -> None:
        """An element ends."""
        name = name.rpartition(":")[2]
        text = "".join(self._text)
        self._text.clear()
        parent = self._path[-2] if len(self._path) > 1 else ""
        self._path.pop()
        if parent == "System":
            if name == "EventID":
                self.event_id = text.strip()
            elif name == "Computer":
                self.computer = text.strip()
            elif name == "Channel":
                self.channel = text.strip()
        elif name == "Data" and parent == "EventData":
            self.values.append(text)
        elif name == "Message" and parent == "RenderingInfo":
            self.message = text


def read_xml(data: bytes) -> Fact | Unrelated | NotUnderstood:
    """What one `<Event>` element tells. Never raises."""
    element = _Element()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = element.start
    parser.EndElementHandler = element.end
    parser.CharacterDataHandler = element.text
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return NotUnderstood("XML that is broken", data[:400].decode(errors="replace"))
    event_id = event_number(element.event_id)
    if event_id is None:
        return NotUnderstood("an event without an id", data[:400].decode(errors="replace"))
    return interpret(
        Entry(
            event_id,
            element.provider,
            instant(element.time),
            element.computer,
            element.channel,
            tuple(element.values),
            element.message,
        )
    )
