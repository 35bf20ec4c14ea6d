"""The text of slmgr, beside the samples: `/dlv all`, wrapped lines, other languages, hostile texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.microsoft.events import NotUnderstood
from tenure.microsoft.license_snapshot import LicenseSnapshot
from tenure.microsoft.slmgr_text import MAX_PRODUCTS, MAX_TEXT, STATUS_TEXTS, looks_like_slmgr, read_slmgr

CLIENT = """Software licensing service version: 10.0.17763.2028

Name: Windows(R), ServerStandard edition
Description: Windows(R) Operating System, VOLUME_KMSCLIENT channel
Activation ID: de32eafd-aaee-4662-9444-c1befb41bde2
Partial Product Key: J464C
License Status: Licensed
Volume activation expiration: 258092 minute(s) (180 day(s))
Configured Activation Type: All

Most recent activation information:
Key Management Service client information
    Client Machine ID (CMID): f9d4e20a-cb8f-4050-9c0c-56420455ada1
    Registered KMS machine name: kms1.contoso.com:1688
    KMS machine IP address: 10.0.0.1
"""
UNUSED = """
Name: Office 16, Office16ProPlusVL_KMS_Client edition
Description: Office 16, VOLUME_KMSCLIENT channel
This license is not in use.
"""


def read(text: str) -> list[LicenseSnapshot | NotUnderstood]:
    """What the text tells."""
    return list(read_slmgr(text, name="pc1", taken_at=5))


def only(text: str) -> LicenseSnapshot:
    """The one snapshot of the text."""
    (found,) = read(text)
    assert isinstance(found, LicenseSnapshot)
    return found


def test_a_client_is_read() -> None:
    """Its product, state, expiry, CMID and host."""
    found = only(CLIENT)
    assert found.is_kms_client
    assert (found.name, found.taken_at, found.state, found.minutes) == ("pc1", 5, 1, 258_092)
    assert found.cmid == "f9d4e20a-cb8f-4050-9c0c-56420455ada1"
    assert found.kms_host == "kms1.contoso.com:1688"
    assert not found.is_host


def test_products_that_are_not_in_use_are_left_out() -> None:
    """`/dlv all` lists hundreds of them."""
    found = read(CLIENT + UNUSED * 300 + CLIENT)
    assert [type(one) for one in found] == [LicenseSnapshot, LicenseSnapshot]


def test_a_text_without_a_product_in_use_says_so() -> None:
    """It is slmgr's, and still tells nothing."""
    (found,) = read(UNUSED)
    assert isinstance(found, NotUnderstood)
    assert "without a product in use" in found.reason


@pytest.mark.parametrize("width", [80, 100, 120])
def test_lines_that_a_console_wrapped_are_joined(width: int) -> None:
    """Whatever its width."""
    wrapped = "\n".join(
        line[at : at + width]
        for line in CLIENT.replace(
            "Windows(R) Operating System", "Windows Operating System - " + "x" * 90
        ).splitlines()
        for at in range(0, max(1, len(line)), width)
    )
    assert only(wrapped).channel == "VOLUME_KMSCLIENT"


@pytest.mark.parametrize(("text", "state"), STATUS_TEXTS.items())
def test_every_license_status(text: str, state: int) -> None:
    """With what slmgr writes behind it."""
    assert only(CLIENT.replace("Status: Licensed", f"Status: {text.capitalize()} (more)")).state == state


def test_an_unknown_status_is_none() -> None:
    """A later version may have others."""
    assert only(CLIENT.replace("Status: Licensed", "Status: Blissful")).state is None


def test_another_language_is_recognized_and_said() -> None:
    """Its labels are not guessed; the cure is in the reason."""
    german = (
        "Name: Windows(R), ServerStandard edition\n"
        "Beschreibung: Windows(R) Operating System, VOLUME_KMSCLIENT channel\n"
        "Teil-Product Key: J464C\nLizenzstatus: Lizenziert\n"
    )
    assert looks_like_slmgr(german)
    (found,) = read(german)
    assert isinstance(found, NotUnderstood)
    assert "German" in found.reason
    assert "slmgr.vbs outside of System32" in found.reason
    assert "VOLUME_KMSCLIENT" in found.example
    other = german.replace("Lizenzstatus", "Zustand")
    assert "another language" in next(one.reason for one in read(other) if isinstance(one, NotUnderstood))


@pytest.mark.parametrize(
    ("old", "new", "member", "expected"),
    [
        ("258092", "9" * 30, "minutes", None),
        ("258092", "-5", "minutes", None),
        ("f9d4e20a-cb8f", "<removed>", "cmid", ""),
        ("kms1.contoso.com:1688", "not available", "kms_host", ""),
        ("kms1.contoso.com:1688", "a" * 400, "kms_host", ""),
        ("J464C", "<removed>", "partial_key", ""),
        ("Windows(R), ServerStandard edition", "x\x1b[31m", "product", "x [31m"),
        ("VOLUME_KMSCLIENT channel", "nothing", "channel", ""),
    ],
)
def test_what_cannot_be_is_left_out(old: str, new: str, member: str, expected: object) -> None:
    """Masked, negative, overlong or hostile values are no values."""
    assert getattr(only(CLIENT.replace(old, new)), member) == expected


def test_sizes_are_bounded() -> None:
    """A text of many megabytes or of a thousand products is not slmgr's."""
    assert isinstance(read("x" * (MAX_TEXT + 1))[0], NotUnderstood)
    found = read("\n".join(["Name: a", "License Status: Licensed"] * (MAX_PRODUCTS + 5)))
    assert len(found) == MAX_PRODUCTS + 1
    assert isinstance(found[-1], NotUnderstood)


@given(st.text(), st.text())
def test_nothing_raises(first: str, second: str) -> None:
    """Any text is something."""
    looks_like_slmgr(first)
    read(first)
    read(f"Name: {first}\nLicense Status: {second}\nError: {first}")
