"""The table of findings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tenure.microsoft.check_findings import MEANINGS, Fault, Finding, Level

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "microsoft-check.md"

# Codes stand in other people's monitoring: none may ever leave this list.
PUBLISHED = """
    no_record domain_unknown suffix_missing suffix_not_searched dns_no_answer dns_server_failed dns_refused
    priorities_useless host_listed_twice count_split too_many_records
    service_denied target_missing target_unresolved target_is_address target_without_suffix target_suffix_doubled
    target_is_alias tenure_host
    public_address global_ipv6_address unusable_address port_refused port_filtered host_unreachable address_dead
    address_not_testable port_wrong port_doubtful port_unusual
"""


def test_codes_are_append_only() -> None:
    """Every code that was ever published is still there."""
    assert {fault.value for fault in Fault} >= set(PUBLISHED.split())


@pytest.mark.parametrize("fault", Fault, ids=str)
def test_every_fault_has_a_cure(fault: Fault) -> None:
    """A sentence that says what to do, with the domain filled in."""
    finding = Finding(fault, "corp.example.com", "detail")
    assert finding.cure.endswith(".")
    assert not re.search(r"[{}]|\.\.(?!\w)", finding.cure)
    assert fault.value == fault.name.lower()


@pytest.mark.parametrize("fault", Fault, ids=str)
def test_what_stops_an_activation_names_the_code_that_clients_show(fault: Fault) -> None:
    """An administrator searches for the code on the screen; a warning or a note is not seen there."""
    meaning = MEANINGS[fault]
    assert bool(meaning.client_error) is (meaning.level is Level.ERROR)


def test_the_page_has_every_fault() -> None:
    """The table in the how-to has each code with its level and title, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \|", PAGE.read_text(), flags=re.MULTILINE)
    assert {(code, level, title.strip()) for code, level, title in rows} == {
        (fault.value, meaning.level.value, meaning.title) for fault, meaning in MEANINGS.items()
    }
