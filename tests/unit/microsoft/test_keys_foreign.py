"""Where Tenure's keys and ids are asked for, Microsoft's are refused, and nothing of Tenure's is."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import ALPHABET, KeyType, ProductKey, make, parse
from tenure.microsoft.keys_foreign import parse_ids
from tenure.programs.microsoft_keys import load_table, refuse_microsoft_key, refuse_microsoft_product_id

TABLE = load_table(None)
TENURE_KEYS = st.builds(make, st.sampled_from(KeyType), st.integers(0, 1023), st.integers(0, 2**86 - 1))


@pytest.mark.parametrize("key", [row.key for row in TABLE.rows])
def test_every_generic_key_is_refused(key: str) -> None:
    """However it is typed, a published key is refused, and says where it belongs."""
    for typed in (key, key.lower(), key.replace("-", " ")):
        with pytest.raises(Refused, match="Microsoft's generic key of") as refused:
            refuse_microsoft_key(typed)
        assert refused.value.code is Code.FOREIGN_KEY
        assert "slmgr.vbs /ipk" in refused.value.cure
        assert "genuine KMS host" in refused.value.cure


@pytest.mark.parametrize(
    "typed",
    [
        "W269N-WFGWX-YVC9B-4J6C9-T83GV",
        "VDYBN-N2PY6-NQRQ9-KHSDM-2DQWJ",
        "W269N-WFGWX-4J6C9-T83GX",
        "33PXH-7Y6KF-2VJC9-XBBR8-HVTHX",
    ],
    ids=["wrong letter", "invented rest", "missing group", "Windows 7, without an N"],
)
def test_a_mistyped_generic_key_is_recognized(typed: str) -> None:
    """A key near a published one is refused as that, not as a typing error in one of Tenure's."""
    with pytest.raises(Refused, match="looks like Microsoft's"):
        refuse_microsoft_key(typed)


def test_a_secret_key_of_microsofts_is_refused_and_not_repeated() -> None:
    """The form gives a host key or MAK away; only its last group is said."""
    with pytest.raises(Refused, match="ends in 8MMPQ") as refused:
        refuse_microsoft_key("NGGBB-2CCDD-4FFHH-6JJKK-8MMPQ")
    assert "NGGBB" not in str(refused.value)


@given(TENURE_KEYS)
def test_no_key_of_tenures_is_refused(key: ProductKey) -> None:
    """Any key that Tenure can issue passes."""
    refuse_microsoft_key(key.text)


@given(TENURE_KEYS, st.integers(0, 24))
def test_a_key_of_tenures_with_one_n_is_left_to_the_parser(key: ProductKey, place: int) -> None:
    """One letter mistyped as N is a typing error, which the parser places."""
    characters = key.characters
    refuse_microsoft_key(characters[:place] + "N" + characters[place + 1 :])


@given(st.text(alphabet=ALPHABET, min_size=25, max_size=25))
def test_keys_without_an_n_are_left_to_the_parser(typed: str) -> None:
    """Random characters of Tenure's alphabet are refused only when they are near a published key."""
    refuse_microsoft_key(typed)


@pytest.mark.parametrize("typed", ["", "hello", "N" * 300, "\x00", "N-N-N"])
def test_what_is_no_key_is_left_to_the_parser(typed: str) -> None:
    """Noise is no key of Microsoft's; the parser says what is wrong with it."""
    refuse_microsoft_key(typed)
    with pytest.raises(UsageError):
        parse(typed)


def test_no_published_key_parses_as_tenures() -> None:
    """Not even the older keys without an N, which a checksum keeps out."""
    for characters in TABLE.by_characters:
        with pytest.raises(UsageError):
            parse(characters)


@pytest.mark.parametrize(
    ("product_id", "name"),
    [
        ("2de67392-b7a7-462a-b1ca-108dd189f588", "Windows 10 or 11 Pro"),
        ("DE32EAFD-AAEE-4662-9444-C1BEFB41BDE2", "Windows Server 2019 Standard"),
        ("98ebfe73-2084-4c97-932c-c0cd1643bea7", "Office 2016 KMS host"),
        ("55c92734-d682-4d71-983e-d6ec3f16059f", "Windows"),
    ],
)
def test_microsofts_ids_are_refused(product_id: str, name: str) -> None:
    """A product of that id cannot be enrolled, whatever its name."""
    with pytest.raises(Refused, match=name) as refused:
        refuse_microsoft_product_id(UUID(product_id))
    assert refused.value.code is Code.PRODUCT_TAKEN


@given(st.uuids(version=4))
def test_other_ids_pass(product_id: UUID) -> None:
    """An id made at random is nobody's."""
    refuse_microsoft_product_id(product_id)


def test_a_damaged_list_of_ids_is_refused() -> None:
    """A list with something that is no id names the line."""
    with pytest.raises(UsageError, match="line 2: 'x' is no UUID"):
        parse_ids("id,name\nx,y\n", what="ids.csv")
