"""Which entries of a log become facts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.microsoft.event_fields import MAX_FIELDS, client_time, interpret, machine_name
from tenure.microsoft.events import (
    ClientAnswer,
    ClientRequest,
    DirectoryActivation,
    DnsPublication,
    Entry,
    HostTrouble,
    KmsRequest,
    NotUnderstood,
    Unrelated,
)

CMID = "36f27b39-2fd5-440b-be67-a09996d27a38"
SKU = "68531fb9-5511-4989-97be-d11a0f55633f"
AT = 1_285_796_800
VALUES = ("", "0x0", "5", "pc1.contoso.com", CMID, "2010/9/29 21:46", "0", "2", "41520", SKU)
DIRECTORY_TEXT = (
    "Active Directory Activation has succeeded.\n"
    f"Sku Id = {SKU}\nAO name = Windows(R), VOLUME_KMS channel\nAO DN = CN=1,DC=contoso,DC=com"
)
REQUEST = Entry(
    12290, "Microsoft-Windows-Security-SPP", AT, "KMS1.contoso.com.", "Key Management Service", VALUES
)
EXPECTED = KmsRequest(
    host="kms1.contoso.com",
    at=AT,
    cmid=CMID,
    name="pc1.contoso.com",
    sku=SKU,
    hresult=0,
    minimum=5,
    client_at=1_285_796_760,
    virtual=False,
    state=2,
    minutes=41_520,
)


def entry(**change: Any) -> Entry:
    """A good 12290, changed."""
    return msgspec.structs.replace(REQUEST, **change)


def with_value(place: int, value: str) -> Entry:
    """A good 12290 with another data element."""
    return entry(values=(*VALUES[:place], value, *VALUES[place + 1 :]))


@pytest.mark.parametrize(
    "logged",
    [
        entry(),
        entry(values=VALUES[1:]),
        entry(values=("anything", *VALUES)),
        entry(values=(*VALUES, "a later version's field")),
        entry(values=(",".join(VALUES[1:]),)),
        entry(values=(), message="Processed.\r\nInfo:\r\n" + ",".join(VALUES[1:])),
        entry(values=(), message="Verarbeitet.\nInformationen:\n" + ", ".join(VALUES[1:]) + "\n"),
        entry(values=("A.Class.Name",) * 3, message="x\n" + ",".join(VALUES[1:])),
        entry(channel=""),
        entry(provider="KmsRequests"),
        entry(provider="microsoft-windows-security-licensing-slc"),
        with_value(4, CMID.upper()),
        with_value(4, "{" + CMID + "}"),
    ],
    ids=[
        "shifted by one",
        "not shifted",
        "shifted by two",
        "longer",
        "one text",
        "message",
        "message of another language",
        "useless values, message",
        "channel not told",
        "classic source",
        "provider of Vista",
        "upper case",
        "braces",
    ],
)
def test_both_layouts_of_12290_are_read(logged: Entry) -> None:
    """The CMID is the anchor: it does not matter what stands before."""
    assert interpret(logged) == EXPECTED


@pytest.mark.parametrize(
    ("logged", "reason"),
    [
        (entry(provider="Persistence"), "provider"),
        (entry(provider=""), "provider"),
        (entry(channel="Application"), "channel"),
        (entry(at=None), "time"),
        (entry(computer=""), "computer"),
        (entry(computer="two words"), "impossible name"),
        (entry(computer="a" * 256), "impossible name"),
        (entry(values=()), "shape"),
        (entry(values=("4d5a9000",)), "shape"),
        (with_value(1, "0"), "shape"),
        (with_value(1, "0x123456789"), "shape"),
        (with_value(2, "-5"), "shape"),
        (with_value(3, ""), "shape"),
        (with_value(3, "<script>"), "shape"),
        (with_value(3, "pc\x1b[2J"), "shape"),
        (with_value(3, "pc\u202e1"), "shape"),
        (with_value(3, "a" * 1_000_000), "shape"),
        (with_value(3, f"pc,{CMID},2010/9/29 21:46,0,2,1,{SKU}"), "shape"),
        (with_value(4, CMID[:-1]), "shape"),
        (with_value(4, CMID.replace("3", "g")), "shape"),
        (with_value(5, "yesterday"), "shape"),
        (with_value(6, "2"), "shape"),
        (with_value(7, "7"), "shape"),
        (with_value(8, "9999999999"), "shape"),
        (with_value(9, "Windows"), "shape"),
        (entry(values=(), message=",".join(VALUES[1:]).replace("pc1", "a,b")), "shape"),
        (entry(values=(), message="x" * (MAX_FIELDS + 1)), "shape"),
    ],
)
def test_what_does_not_fit_is_no_fact(logged: Entry, reason: str) -> None:
    """Provider, channel and the shape of every field must fit; the reason says which did not."""
    found = interpret(logged)
    assert isinstance(found, NotUnderstood)
    assert reason in found.reason


def test_a_name_cannot_pass_itself_off_as_the_fields_behind_it() -> None:
    """A machine that is called like a CMID is that machine, and not an anchor."""
    found = interpret(with_value(3, CMID))
    assert isinstance(found, KmsRequest)
    assert found.name == CMID
    assert found.cmid == CMID


@pytest.mark.parametrize("event_id", [12311, 12305, 900, 8198, 1, 0])
def test_other_events_are_about_something_else(event_id: int) -> None:
    """They are counted by id, whatever they hold."""
    assert interpret(entry(event_id=event_id, provider="x", values=("\x00",))) == Unrelated(event_id)


def test_a_client_s_request_is_read() -> None:
    """12288, as Microsoft's article prints it."""
    text = f"0xC004F06C, 0x00000000, kms.contoso.com:1688, {CMID}, 2010/09/29 17:52, 0, 2, 41760, {SKU}, 5"
    found = interpret(entry(event_id=12288, channel="Application", computer="PC1", values=(text,)))
    assert found == ClientRequest(
        computer="pc1",
        at=AT,
        cmid=CMID,
        server="kms.contoso.com:1688",
        sku=SKU,
        hresult=0xC004F06C,
        flags=0,
        state=2,
        minutes=41_760,
        minimum=5,
    )


def test_a_client_s_answer_is_read() -> None:
    """12289, as a public blog prints it."""
    text = "0x00000000, 0x04000008, 0, 0, 10, 120, 10080, 2012/12/04 07:06"
    found = interpret(entry(event_id=12289, channel="Application", values=(), message=f"Info:\n{text}"))
    assert found == ClientAnswer(
        computer="kms1.contoso.com",
        at=AT,
        hresult=0,
        flags=0x04000008,
        activated=False,
        count=10,
        activation_interval=120,
        renewal_interval=10_080,
    )


@pytest.mark.parametrize(
    ("event_id", "values", "message", "domain", "hresult"),
    [
        (12293, ("0x80072338", "Contoso.com"), "", "contoso.com", 0x80072338),
        (
            12293,
            (),
            "Publishing the KMS to DNS in the contoso.com domain failed.\nInfo:  0x80072338",
            "contoso.com",
            0x80072338,
        ),
        (12294, ("contoso.com",), "", "contoso.com", 0),
    ],
)
def test_dns_publication_is_read(
    event_id: int, values: tuple[str, ...], message: str, domain: str, hresult: int
) -> None:
    """12293 has a code and a domain, 12294 a domain."""
    found = interpret(entry(event_id=event_id, channel="Application", values=values, message=message))
    assert found == DnsPublication(computer="kms1.contoso.com", at=AT, domain=domain, hresult=hresult)


@pytest.mark.parametrize("values", [("0x80072338",), ("contoso.com",), ("localhost", "0x1")])
def test_a_failed_publication_needs_code_and_domain(values: tuple[str, ...]) -> None:
    """Half a 12293 is none."""
    assert isinstance(interpret(entry(event_id=12293, channel="Application", values=values)), NotUnderstood)


@pytest.mark.parametrize(
    ("event_id", "text"),
    [
        (12288, ""),
        (12288, f"0x0, 0x0, <removed>:1688, {CMID}, 2010/09/29 17:52, 0, 2, 41760, {SKU}, 5"),
        (12288, f"0x0, 0x0, {'k' * 300}, {CMID}, 2010/09/29 17:52, 0, 2, 41760, {SKU}, 5"),
        (12288, f"0x0, 0x0, kms:1688, {CMID}, 2010/09/29 17:52, 0, 2, 9999999999, {SKU}, 5"),
        (12289, ""),
        (12289, "0x0, 0x0, 2, 0, 10, 120, 10080, 2012/12/04 07:06"),
        (12289, "0x0, 0x0, 1, 0, 9999999999, 120, 10080, 2012/12/04 07:06"),
        (12291, "no code"),
        (12294, "no domain"),
        (12308, f"Sku Id = {SKU}"),
    ],
)
def test_other_events_that_do_not_fit_are_no_facts(event_id: int, text: str) -> None:
    """Every id has a shape of its own."""
    found = interpret(entry(event_id=event_id, channel="Application", values=(text,)))
    assert isinstance(found, NotUnderstood)
    assert "shape" in found.reason


@pytest.mark.parametrize("event_id", [12291, 12292])
def test_a_host_s_trouble_is_read(event_id: int) -> None:
    """The code is somewhere in it; Microsoft's pages disagree on the text."""
    found = interpret(entry(event_id=event_id, channel="Application", values=("0xC004F00F",)))
    assert found == HostTrouble(computer="kms1.contoso.com", at=AT, event_id=event_id, hresult=0xC004F00F)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((SKU, "Windows(R), VOLUME_KMS channel", "CN=1,DC=contoso,DC=com"), ""),
        (
            (),
            DIRECTORY_TEXT,
        ),
    ],
)
def test_an_activation_by_the_directory_is_read(values: tuple[str, ...], message: str) -> None:
    """12308, as elements and as text."""
    found = interpret(entry(event_id=12308, channel="Application", values=values, message=message))
    assert found == DirectoryActivation(
        computer="kms1.contoso.com", at=AT, sku=SKU, object_name="Windows(R), VOLUME_KMS channel"
    )


def test_a_message_tells_the_machine_s_own_time() -> None:
    """Of 12288, 12289 and 12290; it helps to read the time of the entry."""
    assert client_time("Info:\n" + ",".join(VALUES[1:])) == 1_285_796_760
    assert client_time("0x00000000, 0x0, 1, 0, 10, 120, 10080, 2012/12/04 07:06") == 1_354_604_760
    assert client_time("nothing") == -1
    assert client_time("x" * (MAX_FIELDS + 1)) == -1


@pytest.mark.parametrize("name", ["pc1", "PC_1.contoso.com", "пк", "a" * 255])
def test_names_of_machines(name: str) -> None:
    """Whatever can be a computer's name is one."""
    assert machine_name(name) == name


@given(st.text(), st.text(), st.lists(st.text(), max_size=12), st.text())
def test_nothing_that_a_log_says_raises(
    provider: str, computer: str, values: list[str], message: str
) -> None:
    """Hostile text comes out as something that was not understood."""
    for event_id in range(12287, 12310):
        logged = Entry(event_id, provider, AT, computer, "", tuple(values), message)
        assert isinstance(interpret(logged), (Unrelated, NotUnderstood))


@given(st.integers(0, 9), st.text(min_size=1, max_size=40))
def test_one_wrong_field_never_shifts_the_others(place: int, value: str) -> None:
    """Whatever stands in one field, the other fields of a fact are what they were."""
    found = interpret(with_value(place, value))
    if isinstance(found, KmsRequest):
        fields = ("", "hresult", "minimum", "name", "cmid", "client_at", "virtual", "state", "minutes", "sku")
        for name in set(fields[1:]) - {fields[place]}:
            assert getattr(found, name) == getattr(EXPECTED, name)
