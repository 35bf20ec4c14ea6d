"""Microsoft's products as machines name themselves, and as people write them in lists.

A script that installs a generic key first asks the machine which edition it is: another edition's key would convert it,
which is a matter of licenses and not of a rollout.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused
from tenure.microsoft.keys import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.microsoft.keys import GenericKey, KeyTable

ANY_BUILD: Final = 999_999
_SHOWN: Final = 100
_SUGGESTIONS: Final = 1_000
"""Different names for which near ones are looked up, which takes milliseconds each; a list has a few dozen."""
LOOKUP_DOMAIN_BUILD: Final = 9200
"""Windows 8 and Server 2012: the first to know `slmgr /skms-domain`."""


@dataclass(frozen=True, slots=True)
class WindowsGuard:
    """An installation of Windows is of the edition when its registry says so: EditionID, and a build in the range.

    A server core installation may say `Core` or `Cor` after the EditionID; it is the same edition.
    """

    edition_id: str
    first_build: int
    last_build: int


@dataclass(frozen=True, slots=True)
class OfficeGuard:
    """An installation of Office is of the edition when a license with this in its name is installed."""

    license_name: str


Guard = WindowsGuard | OfficeGuard

BUILDS: Final[Mapping[str, tuple[int, int]]] = {
    "Windows Server 2025": (26100, 26100),
    "Windows Server 2022": (20348, 20348),
    "Windows Server 2019": (17763, 17763),
    "Windows Server 2016": (14393, 14393),
    "Windows Server, versions 20H2, 2004, 1909, 1903, 1809": (17763, 19042),
    "Windows Server, version 1803": (17134, 17134),
    "Windows Server, version 1709": (16299, 16299),
    "Windows Server 2012 R2": (9600, 9600),
    "Windows Server 2012": (9200, 9200),
    "Windows Server 2008 R2": (7600, 7601),
    "Windows Server 2008": (6001, 6003),
    "Windows 11": (22000, ANY_BUILD),
    "Windows 10": (10240, 19045),
    "Windows 11 LTSC 2024": (26100, 26100),
    "Windows 10 LTSC 2021": (19044, 19044),
    "Windows 10 LTSC 2019": (17763, 17763),
    "Windows 10 LTSB 2016": (14393, 14393),
    "Windows 10 LTSB 2015": (10240, 10240),
    "Windows IoT Enterprise LTSC 2024": (26100, 26100),
    "Windows IoT Enterprise LTSC 2021": (19044, 19044),
    "Windows 8.1": (9600, 9600),
    "Windows 8": (9200, 9200),
    "Windows 7": (7600, 7601),
    "Windows Vista": (6000, 6003),
}
"""CurrentBuildNumber of each product, first and last: learn.microsoft.com, "Windows release health", release information."""

CLIENT_EDITIONS: Final[Mapping[str, str]] = {
    "Pro": "Professional",
    "Pro N": "ProfessionalN",
    "Pro for Workstations": "ProfessionalWorkstation",
    "Pro for Workstations N": "ProfessionalWorkstationN",
    "Pro Education": "ProfessionalEducation",
    "Pro Education N": "ProfessionalEducationN",
    "Education": "Education",
    "Education N": "EducationN",
    "Enterprise": "Enterprise",
    "Enterprise N": "EnterpriseN",
    "Enterprise E": "EnterpriseE",
    "Enterprise G": "EnterpriseG",
    "Enterprise G N": "EnterpriseGN",
    "Professional": "Professional",
    "Professional N": "ProfessionalN",
    "Professional E": "ProfessionalE",
    "Business": "Business",
    "Business N": "BusinessN",
}
"""EditionID of client editions, as `dism /online /get-currentedition` prints it."""

LONG_TERM_EDITIONS: Final[Mapping[str, str]] = {
    "Enterprise": "EnterpriseS",
    "Enterprise N": "EnterpriseSN",
    "IoT Enterprise": "IoTEnterpriseS",
}
"""The same for clients of the long-term channels, LTSC and LTSB."""

SERVER_EDITIONS: Final[Mapping[str, str]] = {
    "Standard": "ServerStandard",
    "Datacenter": "ServerDatacenter",
    "Datacenter: Azure Edition": "ServerTurbine",
    "Essentials": "ServerSolution",
    "Enterprise": "ServerEnterprise",
    "Web": "ServerWeb",
    "HPC": "ServerHPC",
    "HPC edition": "ServerHPC",
    "MultiPoint Standard": "ServerMultiPointStandard",
    "MultiPoint Premium": "ServerMultiPointPremium",
    "Standard without Hyper-V": "ServerStandardV",
    "Enterprise without Hyper-V": "ServerEnterpriseV",
    "Datacenter without Hyper-V": "ServerDatacenterV",
    "for Itanium-based Systems": "ServerEnterpriseIA64",
    "for Itanium-Based Systems": "ServerEnterpriseIA64",
}
"""The same for servers; those of the semi-annual channel add `ACor`."""

OFFICE_PRODUCTS: Final[Mapping[tuple[str, ...], str]] = {
    ("pro", "plus"): "ProPlus",
    ("project", "pro"): "ProjectPro",
    ("project", "standard"): "ProjectStd",
    ("visio", "pro"): "VisioPro",
    ("visio", "standard"): "VisioStd",
    ("skype", "for", "business"): "SkypeforBusiness",
    ("standard",): "Standard",
    ("access",): "Access",
    ("excel",): "Excel",
    ("onenote",): "OneNote",
    ("outlook",): "Outlook",
    ("powerpoint",): "PowerPoint",
    ("publisher",): "Publisher",
    ("word",): "Word",
}
"""What the license names of Office call a product, by the words of its edition; the first that fits holds."""


def guard_of(row: GenericKey) -> Guard | None:
    """How a machine is asked whether it is of this row's edition; None for an edition of which that is not known."""
    if row.kind == "office":
        return _office_guard(row)
    first, last = BUILDS.get(row.product, (0, ANY_BUILD))
    editions = SERVER_EDITIONS if row.kind == "server" else CLIENT_EDITIONS
    if row.kind != "server" and row.channel in {"LTSC", "LTSB"}:
        editions = LONG_TERM_EDITIONS
    if (edition_id := editions.get(row.edition)) is None:
        return None
    semi_annual = row.kind == "server" and row.channel == "SAC"
    return WindowsGuard(edition_id + ("ACor" if semi_annual else ""), first, last)


class EditionMatcher:
    """Finds the rows that a list means; remembers what it found, since lists repeat themselves."""

    def __init__(self, table: KeyTable) -> None:
        """Read the words of every row once."""
        self._rows = [(frozenset(words(f"{row.product} {row.edition}")), row) for row in table.rows]
        self._found: dict[tuple[str, str], tuple[GenericKey, ...] | Refused] = {}

    def match(self, product: str, edition: str) -> tuple[GenericKey, ...]:
        """The row that product and edition name together, or several rows that have one key.

        The row of exactly these words; else the rows that say least beyond them, if all of these have the same key:
        "Windows 10 Enterprise LTSC" is LTSC 2021 or 2019, and both have one.

        Raises:
            Refused: code `product_unknown`; names what comes near.
        """
        asked = (product, edition)
        found = self._found.get(asked)
        if found is None:
            found = self._found[asked] = self._match(frozenset(words(" ".join(asked))), " ".join(asked))
        if isinstance(found, Refused):
            raise found
        return found

    def _match(self, asked: frozenset[str], text: str) -> tuple[GenericKey, ...] | Refused:
        beyond = [(len(named - asked), row) for named, row in self._rows if asked and asked <= named]
        least = min((extra for extra, _ in beyond), default=0)
        nearest = tuple(row for extra, row in beyond if extra == least)
        if len({row.key for row in nearest}) == 1:
            return nearest
        text = text.strip()[:_SHOWN]
        labels = [row.label for row in nearest]
        if not nearest and len(self._found) < _SUGGESTIONS:
            labels = get_close_matches(text.title(), [row.label for _, row in self._rows], n=3, cutoff=0.5)
        choices = ", ".join(list(dict.fromkeys(labels))[:6])
        return Refused(
            Code.PRODUCT_UNKNOWN,
            f"{text!r} names more than one edition." if nearest else f"{text!r} is not in the table.",
            f"Write one of: {choices}." if choices else "See the table: tenure microsoft keys.",
        )


def _office_guard(row: GenericKey) -> OfficeGuard | None:
    named = words(row.edition)
    year = next((word for word in reversed(words(f"{row.product} {row.edition}")) if word.isdecimal()), "")
    for needed, name in OFFICE_PRODUCTS.items():
        if set(needed) <= set(named) and year:
            # Office16ProPlusVL_KMS_Client, Office19ProPlus2019VL_KMS_Client_AE, Office21..., as ospp.vbs prints them.
            return OfficeGuard(f"Office{year[-2:]}{name}{'' if year == '2016' else year}VL_KMS_Client")
    return None
