"""Fails when a test in a JUnit report was skipped: a skip that nobody sees is a defect."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def main(report: Path) -> int:
    """Name every skipped test; 1 when there is one, else 0."""
    found = 0
    for case in ET.parse(report).getroot().iter("testcase"):
        reason = case.find("skipped")
        if reason is not None:
            found = 1
            print(f"skipped: {case.get('classname')}::{case.get('name')}: {reason.get('message')}")
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
