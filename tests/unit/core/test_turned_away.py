from __future__ import annotations

from tenure.core.turned_away import WORDS, Reason, nobody_counts


def test_every_reason_has_words_of_its_own() -> None:
    """Administrators read them; programs read the reason."""
    assert set(WORDS) == set(Reason)
    assert len(set(WORDS.values())) == len(Reason)


def test_the_reasons_are_append_only() -> None:
    """Programs of administrators know them."""
    assert [reason.value for reason in Reason] == [
        "network",
        "address_rate",
        "total_rate",
        "too_large",
        "unreadable",
        "connections",
        "overstayed",
    ]


def test_a_server_whose_log_is_enough_counts_nobody() -> None:
    """It takes what a counter takes."""
    nobody_counts(Reason.NETWORK, "192.0.2.1", times=3)
