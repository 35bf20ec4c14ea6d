"""What error codes of volume activation mean, and what to do: Microsoft's articles, in short.

Sources: Microsoft's "Troubleshoot activation error codes" and the article of each code; names from the Windows SDK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Meaning(Struct, frozen=True):
    """One code."""

    cause: str
    cure: str


CODES: Final[Mapping[int, Meaning]] = {
    0xC004F035: Meaning(
        "no qualifying OEM marker in the firmware (volume editions of Windows 7 are upgrades)",
        "Install over a qualifying Windows, or use a MAK or a retail key.",
    ),
    0xC004F038: Meaning(
        "the host's count is below what the product needs",
        "Let more machines ask; look for shared CMIDs in `duplicates`, and for a second host that splits the count.",
    ),
    0xC004F039: Meaning(
        "the Key Management Service is not enabled, or did not answer",
        "Check the host's key (slmgr /dlv), its service sppsvc, and TCP 1688.",
    ),
    0xC004F041: Meaning("the host is not activated", "Activate the host online or by phone."),
    0xC004F042: Meaning(
        "the host's key does not cover this product or version",
        "Install the newer host key (and its update) on the host, or send the machine to a host that has it.",
    ),
    0xC004F050: Meaning(
        "the product key is invalid: mistyped, of another edition, or too new for the host's Windows",
        "Check it with `tenure microsoft keys check`; update the host before it takes a newer key.",
    ),
    0xC004F051: Meaning("the product key is blocked", "Ask Microsoft for a new key."),
    0xC004F056: Meaning(
        "the machine is not activated through KMS",
        "Run slmgr /ato, then read events 12288 and 12289 of the machine.",
    ),
    0xC004F069: Meaning(
        "the product key is of another edition, or the media is an evaluation",
        "Install the edition's own generic key; `tenure microsoft keys` lists them.",
    ),
    0xC004F06B: Meaning(
        "this old host may not run in a virtual machine", "Use a newer Windows for the host."
    ),
    0xC004F06C: Meaning(
        "the clocks of machine and host are over 4 hours apart, or the host is too old for the machine",
        "Repair time synchronization on both; update the host.",
    ),
    0xC004F074: Meaning(
        "no KMS host could be reached",
        "Read the code of each 12288 of the machine; check DNS and TCP 1688 with `tenure microsoft check`.",
    ),
    0xC004F009: Meaning("the grace time is over", "Activate: slmgr /ato."),
    0xC004F00F: Meaning(
        "hardware or drivers changed beyond what is tolerated",
        "Restart, or run slmgr /ato; a MAK must be activated anew.",
    ),
    0xC004F014: Meaning("no product key is installed", "Install the edition's generic key."),
    0xC004F200: Meaning(
        "the check for genuine Windows failed",
        "Repair the licensing files: slmgr /rilc, then slmgr /ato; see Microsoft's KB 4487266.",
    ),
    0xC004C008: Meaning(
        "the host key is used up (10 activations on at most 6 computers)",
        "Ask a Microsoft Activation Center for more, or activate by phone.",
    ),
    0xC004C003: Meaning("the MAK is blocked", "Ask Microsoft for a new MAK."),
    0xC004C020: Meaning("the MAK's activations are used up", "Ask Microsoft for more."),
    0x80070005: Meaning("not enough rights", "Run it in an elevated prompt."),
    0x8007007B: Meaning(
        "no SRV record was found, often because the machine has no DNS suffix",
        "Set the DNS suffix, publish _vlmcs._tcp, or name the host: slmgr /skms.",
    ),
    0x8007232A: Meaning(
        "the DNS server failed to answer", "Check that the machine reaches its DNS server on port 53."
    ),
    0x8007232B: Meaning(
        "the DNS name does not exist: there is no SRV record",
        "Publish _vlmcs._tcp, or name the host: slmgr /skms.",
    ),
    0x80072338: Meaning(
        "the DNS server refused the update: the host may not write the SRV record",
        "Give the KMS hosts' computer accounts rights on the record _vlmcs._tcp, best through a group.",
    ),
    0x8007251D: Meaning(
        "DNS has no records for the query", "Publish _vlmcs._tcp, or name the host: slmgr /skms."
    ),
    0x80092328: Meaning("the DNS name does not exist", "Publish _vlmcs._tcp, or name the host: slmgr /skms."),
    0x800706BA: Meaning(
        "the host did not answer: a firewall, or a record of a host that is gone",
        "Open TCP 1688 on the host (rule SPPSVC-In-TCP), or delete the old SRV record.",
    ),
    0x80072EE7: Meaning(
        "a server of Microsoft's was not found (no Internet)",
        "For a host or a MAK: repair DNS or proxy. On a KMS client alone it means nothing.",
    ),
    0xC0020017: Meaning(
        "the call to the host failed", "Let TCP 1688 through the firewall, and past VPN tunnels."
    ),
    0x8007139F: Meaning(
        "the call to the host failed", "Let TCP 1688 through the firewall, and past VPN tunnels."
    ),
}
_UNKNOWN: Final = Meaning(
    "a code that is not in this table", "Look it up: slui.exe 0x2a CODE on a Windows machine shows its text."
)

FLAGS: Final = (
    (0x0000_0008, "the firmware lacks an OEM marker"),
    (0x0100_0000, "no host was found"),
    (0x0200_0000, "the machine's KMS settings in the registry are broken"),
    (0x0400_0000, "the host's count is not sufficient"),
    (0x0800_0000, "no qualifying OEM Windows"),
)
"""The status flags of 12288 and 12289."""


def meaning(code: int) -> Meaning:
    """What the code means, and what to do."""
    return CODES.get(code, _UNKNOWN)


def hresult(code: int) -> str:
    """The code as Windows writes it."""
    return f"0x{code:08X}"


def flags(value: int) -> list[str]:
    """What the status flags say."""
    return [text for bit, text in FLAGS if value & bit]
