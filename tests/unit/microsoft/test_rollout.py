"""Which machine gets which key, and whom clients are told to ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import UsageError
from tenure.microsoft.keys import parse_table
from tenure.microsoft.products import WindowsGuard
from tenure.microsoft.rollout import (
    DomainTarget,
    HostTarget,
    Machine,
    Plan,
    Target,
    check_machine_name,
    make_plan,
    parse_domain,
    parse_host,
    parse_machines,
)
from tenure.programs.microsoft_keys import load_table

TABLE = load_table(None)
HOST = HostTarget("kms01.example.com")


def planned(*lines: str, target: Target = HOST) -> Plan:
    """The plan of a CSV with these lines under its header."""
    text = "\n".join(["name,product,edition", *lines, ""])
    return make_plan(parse_machines(text, what="list"), table=TABLE, target=target)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("kms01.example.com", HostTarget("kms01.example.com", 1688)),
        (" KMS_01:1689 ", HostTarget("KMS_01", 1689)),
        ("10.0.0.7:65535", HostTarget("10.0.0.7", 65535)),
    ],
)
def test_a_host_is_a_name_and_perhaps_a_port(text: str, host: HostTarget) -> None:
    """Without a port it is 1688."""
    assert parse_host(text) == host


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no DNS name"),
        ("auto", "no host 'auto'"),
        ("AUTO:1688", "no host 'auto'"),
        ("2001:db8::7", "IPv6"),
        ("[2001:db8::7]:1688", "IPv6"),
        ("kms:0", "no TCP port"),
        ("kms:65536", "no TCP port"),
        ("kms:" + "9" * 5000, "no TCP port"),
        ("kms:\u0661", "no TCP port"),
        ("kms:", "no TCP port"),
        ("kms & calc", "no DNS name"),
        ("kms%PATH%", "no DNS name"),
        ("kms'; calc", "no DNS name"),
        ("-kms", "no DNS name"),
        ("a..b", "no DNS name"),
        ("a." * 127 + "com", "no DNS name"),
        ("b\u00fcro.example", "no DNS name"),
        ("kms\nrem", "no DNS name"),
    ],
)
def test_what_is_no_host_is_refused(text: str, said: str) -> None:
    """Nothing reaches a script that is not a plain DNS name or IPv4 address; slmgr's traps are named."""
    with pytest.raises(UsageError, match=said):
        parse_host(text)


def test_a_domain_is_a_dns_name() -> None:
    """A dot at the end and the record's own labels are taken off; anything else is refused."""
    assert (
        parse_domain("example.com.") == parse_domain("_vlmcs._tcp.example.com") == DomainTarget("example.com")
    )
    with pytest.raises(UsageError, match="no DNS name"):
        parse_domain("example.com & calc")


@pytest.mark.parametrize("name", ["pc01", "PC-01", "pc_01.example.com", "b\u00fcro-1", "a" * 63, "1234"])
def test_names_that_windows_has_are_taken(name: str) -> None:
    """Letters of any script, digits, hyphens, underscores and dots between labels."""
    assert check_machine_name(name) == name


HOSTILE = [
    "",
    " ",
    "pc 01",
    "pc01 & calc",
    "pc01|calc",
    "%PATH%",
    "!PATH!",
    "$(calc)",
    "`calc`",
    "'; calc; '",
    "\u2019; calc; \u2019",
    '"',
    "{{ lookup('pipe', 'id') }}",
    "pc[01:50]",
    "-h",
    "../pc",
    "a..b",
    "pc\n01",
    "pc\x00",
    "\x1b[2J",
    "\ufeffpc",
    "pc\u202e01",
    "a" * 64,
    "\u00fc" * 127,
    "a." * 127 + "a",
    "all",
    "localhost",
    "@pc",
    "#pc",
    "pc:",
    "\udcff",
]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_names_that_windows_has_not_are_refused(name: str) -> None:
    """A name that is none is refused, and shown escaped."""
    with pytest.raises(UsageError, match="no name of a Windows machine") as refused:
        check_machine_name(name)
    assert str(refused.value).isascii()
    assert str(refused.value).isprintable()


@given(st.text(max_size=30))
def test_a_name_that_is_taken_is_harmless(name: str) -> None:
    """Whatever is taken has letters, digits, hyphens, underscores and dots, and nothing else."""
    try:
        check_machine_name(name)
    except UsageError:
        return
    assert all(c.isalnum() or c in "-_." for c in name)


def test_each_edition_has_its_key_and_its_machines() -> None:
    """Editions stand in the order of the list, each machine once, whatever the case of its name."""
    plan = planned(
        "pc01,Windows 11,Pro",
        "srv1,Windows Server 2022,Datacenter",
        "PC01,Windows 11,Professional",
        "pc02,Microsoft Windows 11 Pro,",
        "pc01,Office 2019,Professional Plus",
    )
    assert plan.refused == ()
    assert plan.table_as_of == "2024-10-01"
    assert [(one.label, one.slug, one.key, one.machines) for one in plan.editions] == [
        ("Windows 11 Pro", "windows-11-pro", "W269N-WFGWX-YVC9B-4J6C9-T83GX", ["pc01", "pc02"]),
        (
            "Windows Server 2022 Datacenter",
            "windows-server-2022-datacenter",
            "WX4NM-KYWYW-QJJR4-XV3QB-6VM33",
            ["srv1"],
        ),
        (
            "Office Professional Plus 2019",
            "office-professional-plus-2019",
            "NMMKJ-6RK4F-KMJVX-8D9MJ-6MWKP",
            ["pc01"],
        ),
    ]


def test_a_line_that_is_not_clear_is_refused_and_the_others_kept() -> None:
    """Each refused line has its number and its reason."""
    plan = planned(
        "pc01,Windows 11,Pro", "pc02 & calc,Windows 11,Pro", "pc03,Windows Server,Standard", ",Windows 11,Pro"
    )
    assert [one.machines for one in plan.editions] == [["pc01"]]
    assert [(one.machine.line, one.reason[:40]) for one in plan.refused] == [
        (3, "'pc02 & calc' is no name of a Windows ma"),
        (4, "'Windows Server Standard' names more tha"),
        (5, "'' is no name of a Windows machine."),
    ]


def test_a_machine_with_two_editions_of_windows_is_refused() -> None:
    """The second line is refused; Office beside Windows is none."""
    plan = planned(
        "pc01,Windows 11,Pro", "PC01,Windows 11,Enterprise", "pc01,Office 2016,Office Standard 2016"
    )
    (refused,) = plan.refused
    assert refused.reason == "PC01 is listed as Windows 11 Pro and as Windows 11 Enterprise."
    assert [one.label for one in plan.editions] == ["Windows 11 Pro", "Office Standard 2016"]


def test_one_key_of_two_products_covers_the_builds_of_both() -> None:
    """LTSC 2021 and 2019 have one key; a list that does not tell them apart gets a script for either."""
    (edition,) = planned("pc01,Windows 10 Enterprise LTSC,").editions
    assert edition.label == "Windows 10 LTSC 2021 Enterprise or Windows 10 LTSC 2019 Enterprise"
    assert edition.guard == WindowsGuard("EnterpriseS", 17763, 19044)


def test_files_of_like_names_are_kept_apart() -> None:
    """The script for either of two products does not overwrite that of the first alone."""
    plan = planned("pc01,Windows 10 Enterprise LTSC,", "pc02,Windows 10 LTSC 2021,Enterprise")
    assert [one.slug for one in plan.editions] == [
        "windows-10-ltsc-2021-enterprise",
        "windows-10-ltsc-2021-enterprise-2",
    ]


@pytest.mark.parametrize("product", ["Windows 7", "Windows Vista"])
def test_old_windows_knows_no_lookup_domain(product: str) -> None:
    """/skms-domain came with Windows 8: with a domain the older ones are refused, with a host they are not."""
    line = f"pc01,{product},Enterprise"
    assert "/skms-domain" in planned(line, target=DomainTarget("example.com")).refused[0].reason
    assert planned(line).refused == ()


def test_an_edition_without_machines_is_a_plan() -> None:
    """From options, without names: scripts, and nobody in the inventory."""
    plan = make_plan([Machine(0, "", "Windows 11", "Pro")], table=TABLE, target=HOST)
    assert [one.machines for one in plan.editions] == [[]]


def test_slugs_are_plain_and_different() -> None:
    """Every row of the table has a file name of its own, of lower-case letters, digits and hyphens."""
    machines = [Machine(0, "", row.product, row.edition) for row in TABLE.rows]
    slugs = [one.slug for one in make_plan(machines, table=TABLE, target=HOST).editions]
    assert len(set(slugs)) == len(TABLE.rows)
    assert all(slug.replace("-", "").isalnum() and slug.isascii() and slug == slug.lower() for slug in slugs)
    assert "windows-server-2022-datacenter-azure-edition" in slugs


def test_an_edition_that_machines_cannot_be_asked_for_is_refused() -> None:
    """A key without a way to check the edition is listed by `keys` and not rolled out."""
    table = parse_table("product,edition,gvlk\nWindows 13,Ultra,NPPR9-FWDCX-D2C8J-H872K-2YT43\n", what="x")
    plan = make_plan([Machine(2, "pc01", "Windows 13", "Ultra")], table=table, target=HOST)
    assert plan.editions == ()
    assert "no edition is converted" in plan.refused[0].reason


def test_a_list_needs_its_columns() -> None:
    """A CSV without name and product is refused before anything is planned."""
    with pytest.raises(UsageError, match="no column 'name', 'product'"):
        list(parse_machines("a,b\n1,2\n", what="list"))
