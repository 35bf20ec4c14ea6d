"""Product keys: what stands in them, what the eye may do to them, and what is refused (checksum: next file)."""

from __future__ import annotations

import re
from itertools import count
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import HRESULTS, Code, UsageError
from tenure.core.product_key import (
    ALL_PRODUCTS,
    ALPHABET,
    LENGTH,
    RANDOM_BITS,
    KeyType,
    ProductKey,
    make,
    parse,
)

PRIME: Final = 13_807

GOLDEN: Final = {
    "BBBBB-BBBBB-BBBBB-BBBBB-BBBBB": (KeyType.HOST, 0, 0),
    "B42BF-CBY9F-W2C7R-X397X-DX646": (KeyType.HOST, 1023, 0x3FFFFFFFFFFFFFFFFFFFFF),
    "B42BF-CBY9F-W2C7R-X397X-D263Q": (KeyType.GENERIC, 0, 1),
    "B46VC-XWTBT-BD7PP-WPKJV-86M9P": (KeyType.GENERIC, 7, 0x2A5F0C3D9E8B7A61425364),
    "CYHQC-VV4TB-GQHT8-636GH-BHMDF": (KeyType.MAK, 42, 0x0123456789ABCDEF012345),
    "FJ4VP-4Q6BK-7VYHV-K993W-VDWTH": (KeyType.RETAIL, 1022, 0x3FEDCBA987654321FEDCBA),
}
KEY: Final = "CYHQC-VV4TB-GQHT8-636GH-BHMDF"
"""The key that is spoiled below."""

keys = st.builds(make, st.sampled_from(KeyType), st.integers(0, 1023), st.integers(0, (1 << 86) - 1))


def written(value: int) -> str:
    """`value` in 25 digits of base 24, as a key is written."""
    return "".join(ALPHABET[value // 24**place % 24] for place in range(24, -1, -1))


def value_of(characters: str) -> int:
    """The number that 25 characters write."""
    return sum(ALPHABET.index(c) * 24**place for place, c in enumerate(reversed(characters)))


def refusal(typed: str) -> UsageError:
    """The error that `typed` is refused with."""
    with pytest.raises(UsageError) as caught:
        parse(typed)
    assert caught.value.code is Code.PRODUCT_KEY_MALFORMED
    return caught.value


# The form


def test_the_alphabet_has_24_characters_and_leaves_out_vowels_lookalikes_and_n() -> None:
    """24 different characters: no vowel, none of N, S, Z, L, 0, 1 and 5, which look like others or mark other keys."""
    assert ALPHABET == "BCDFGHJKMPQRTVWXY2346789"
    assert len(set(ALPHABET)) == 24
    assert not set(ALPHABET) & set("AEIOUNSZL015")


@pytest.mark.parametrize(("text", "content"), GOLDEN.items(), ids=[*GOLDEN])
def test_a_key_keeps_its_text_for_ever(text: str, content: tuple[KeyType, int, int]) -> None:
    """Keys that were printed once mean the same in every later version, and are written the same."""
    assert make(*content).text == text
    assert parse(text) == make(*content)


def test_the_types_keep_their_numbers_and_words() -> None:
    """The number of a type stands in printed keys and its word in JSON; neither may change."""
    assert {type_.value: type_.label for type_ in KeyType} == {
        0: "host",
        1: "generic",
        2: "mak",
        3: "retail",
    }


@given(keys)
def test_a_key_is_packed_as_the_module_says(key: ProductKey) -> None:
    """From the top: version 2, type 2, number 10, random 86 bits; three more digits make 13,807 divide it all."""
    payload, check = divmod(value_of(key.characters), 24**3)
    assert f"{payload:0100b}" == f"00{key.type.value:02b}{key.product_number:010b}{key.random:086b}"
    assert (payload * 24**3 + check) % PRIME == 0
    assert check < PRIME


@given(keys)
def test_a_key_survives_the_round_trip(key: ProductKey) -> None:
    """Whatever type, product number and random bits are made into a key are read from it again."""
    assert parse(key.text) == key
    assert parse(key.characters) == key


@given(keys)
def test_the_text_is_five_groups_of_the_25_characters(key: ProductKey) -> None:
    """Dashes after every fifth character; `characters` is the same without them, `partial` its end."""
    assert re.fullmatch(rf"(?:[{ALPHABET}]{{5}}-){{4}}[{ALPHABET}]{{5}}", key.text)
    assert key.characters == key.text.replace("-", "")
    assert key.partial == key.text.rsplit("-", 1)[1]


@pytest.mark.parametrize(
    ("number", "all_products"), [(0, False), (1022, False), (1023, True)], ids=["0", "1022", "1023"]
)
def test_the_number_1023_stands_for_all_products(number: int, *, all_products: bool) -> None:
    """1,022 is a product like others; 1,023 is all of them."""
    assert make(KeyType.HOST, number, 1).covers_all_products is all_products
    assert ALL_PRODUCTS == 1023


def test_a_key_holds_at_least_80_random_bits() -> None:
    """86 bits, all of which reach the text: the lowest and the highest make another key."""
    assert RANDOM_BITS == 86
    texts = {make(KeyType.MAK, 3, 1 << bit).text for bit in range(86)}
    assert len(texts) == 86


@pytest.mark.parametrize(
    ("number", "bits"),
    [(-1, 0), (1024, 0), (0, -1), (0, 1 << 86)],
    ids=["number below 0", "number over 1,023", "random below 0", "random over 86 bits"],
)
def test_no_key_is_made_of_what_does_not_fit(number: int, bits: int) -> None:
    """One step past either end of number and random is an invalid argument, never another key's text."""
    with pytest.raises(UsageError) as caught:
        make(KeyType.HOST, number, bits)
    assert caught.value.code is Code.INVALID_ARGUMENT


@given(keys)
def test_a_formatted_key_shows_only_its_last_five_characters(key: ProductKey) -> None:
    """However a key is formatted, type, number and the partial key can be read, and nothing before it."""
    for shown in (repr(key), str(key), f"{key}", f"{[key]}"):
        assert f"<ProductKey {key.type.label} number={key.product_number} ...{key.partial}>" in shown
        assert key.characters[-6:] not in shown


# What the eye may do to a key


@pytest.mark.parametrize(
    "typed",
    [
        KEY.lower(),
        KEY.title(),
        KEY.replace("-", ""),
        KEY.replace("-", " "),
        KEY.replace("-", " - "),
        " ".join(KEY.replace("-", "")),
        f"\t {KEY}\r\n",
        KEY.replace("-", "\u00a0"),
        KEY.replace("-", "--"),
        f"-{KEY}-",
        KEY.replace("-", "", 1),
        KEY[::-1].replace("-", "", 3)[::-1],
        KEY.replace("-", "\u2010"),
        KEY.replace("-", "\u2011"),
        KEY.replace("-", "\u2012"),
        KEY.replace("-", "\u2013"),
        KEY.replace("-", "\u2014"),
        KEY.replace("-", "\u2212"),
        "CYHQ-CVV4TB-GQHT8-636GH-BHMDF",
        "C-Y-H-Q-CVV4TBGQHT8636GHBHMDF",
        "CYHQ CVV4TB GQHT8 636GH BHMDF",
        "CYH QC-VV4 TB-GQ HT8-6 36GH-B HMDF",
    ],
    ids=[
        "lower case",
        "mixed case",
        "no dashes",
        "spaces for dashes",
        "spaces around dashes",
        "every character apart",
        "white space around",
        "no-break spaces",
        "double dashes",
        "outer dashes",
        "one dash missing",
        "one dash left",
        "hyphen",
        "no-break hyphen",
        "figure dash",
        "en dash",
        "em dash",
        "minus",
        "a dash in the wrong place",
        "five groups of wrong lengths",
        "a space in the wrong place",
        "spaces within groups",
    ],
)
def test_case_spaces_and_dashes_do_not_matter(typed: str) -> None:
    """The key is read from its 25 characters, however they were set apart."""
    assert parse(typed).text == KEY


@given(keys, st.data())
def test_separators_never_change_a_key(key: ProductKey, data: st.DataObject) -> None:
    """Any spaces and dashes between any characters, in either case, leave the same key."""
    separators = st.lists(st.text("- \t\u2013", max_size=2), min_size=LENGTH, max_size=LENGTH)
    upper = st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH)
    typed = "".join(
        separator + (c if big else c.lower())
        for c, separator, big in zip(key.characters, data.draw(separators), data.draw(upper), strict=True)
    )
    assert parse(typed) == key


# What is refused


@pytest.mark.parametrize("stranger", "AEIOUNSZL015_.@", ids=str)
@pytest.mark.parametrize("group", range(1, 6))
def test_a_character_that_no_key_uses_is_named_with_its_group(stranger: str, group: int) -> None:
    """The refusal names group and character, whether the key came in groups or as one word."""
    place = (group - 1) * 6 + 2
    typed = KEY[:place] + stranger + KEY[place + 1 :]
    for form in (typed, typed.lower(), typed.replace("-", " "), typed.replace("-", "")):
        detail = refusal(form).detail
        assert detail.startswith(f"Group {group} (")
        assert detail.endswith(f" has {stranger!r}, which no product key uses.")


def test_every_strange_character_of_a_group_is_named() -> None:
    """Two in one group are listed together, so that one retyping mends both."""
    assert "Group 2 ('VO4SB') has 'O', 'S', which" in refusal("CYHQC-VO4SB-GQHT8-636GH-BHMDF").detail


@pytest.mark.parametrize("separator", ["-", " ", " - ", "\u2013"], ids=["dash", "space", "both", "en dash"])
@pytest.mark.parametrize("group", range(1, 6))
@pytest.mark.parametrize("length", [1, 4, 6], ids=["1 of 5", "4 of 5", "6 of 5"])
def test_a_group_of_another_length_is_named(group: int, length: int, separator: str) -> None:
    """Where dashes or spaces show the groups, the refusal says which one is too short or too long."""
    groups = KEY.split("-")
    groups[group - 1] = (groups[group - 1] * 2)[:length]
    detail = refusal(separator.join(groups)).detail
    assert detail == f"Group {group} ({groups[group - 1]!r}) has {length} characters instead of 5."


def test_a_character_that_slipped_into_the_next_group_is_named_where_it_is_missing() -> None:
    """25 characters in groups of 4 and 6 that make no key: the first group of a wrong length is named."""
    assert "Group 1 ('CYHQ') has 4 characters" in refusal("CYHQ-VVV4TB-GQHT8-636GH-BHMDF").detail


@pytest.mark.parametrize("given_characters", [0, 1, 24, 26, 50], ids=str)
def test_a_length_that_no_group_explains_is_counted(given_characters: int) -> None:
    """Without groups to go by, the refusal says how many characters a key has and how many came."""
    typed = (KEY.replace("-", "") * 2)[:given_characters]
    assert f"25 characters in 5 groups of 5; {given_characters} were given" in refusal(typed).detail


def test_only_200_characters_are_looked_at() -> None:
    """A key may stand in 200 characters of spaces and dashes; in 201 it is not searched for."""
    assert parse(KEY.ljust(200)).text == KEY
    assert "25 characters; 201 were given" in refusal(KEY.ljust(201)).detail


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "-----",
        "\n\x00",
        "B" * 201,
        "B" * 10_000_000,
        "-" * 10_000_000,
        "\N{OLD KEY}" * 25,
        "-".join(["\N{GRINNING FACE}" * 5] * 5),
        "\N{CYRILLIC CAPITAL LETTER BE}" * 25,
        "\uff22" * 25,
        "\ud800" * 25,
        "\u0130" * 25,
        "\u00df" * 25,
        "{0}" * 5,
    ],
    ids=[
        "empty",
        "a space",
        "dashes",
        "control characters",
        "201 characters",
        "10 MB of letters",
        "10 MB of dashes",
        "emoji",
        "emoji in groups",
        "another script",
        "full width",
        "lone surrogates",
        "grows in lower case",
        "grows in upper case",
        "format fields",
    ],
)
def test_no_input_is_worse_than_malformed(typed: str) -> None:
    """Whatever is typed or pasted, the refusal is short, can be printed, and says what to do."""
    error = refusal(typed)
    assert len(str(error).encode()) < 1000
    assert "Type it again" in error.cure
    assert error.hresult == HRESULTS[Code.PRODUCT_KEY_MALFORMED]


@given(st.text() | st.text(ALPHABET + ALPHABET.lower() + "- ", min_size=20, max_size=30))
def test_any_text_is_a_key_or_malformed(typed: str) -> None:
    """`parse` answers with a key that has a text of its own, or with `product_key_malformed`; there is no third way."""
    try:
        key = parse(typed)
    except UsageError as error:
        assert error.code is Code.PRODUCT_KEY_MALFORMED  # noqa: PT017 - either way is right; this says what the other must be
    else:
        assert parse(key.text) == key


@pytest.mark.parametrize("version", range(1, 8))
def test_a_key_of_a_later_version_is_refused(version: int) -> None:
    """A key whose checksum holds but whose version is not 0 is complete, of a form not known here."""
    shifted = (version << 98 | 5) * 24**3
    assert shifted < 24**25
    assert "of a form that this version does not know" in refusal(written(shifted + -shifted % PRIME)).detail


def test_a_key_has_one_text_only() -> None:
    """Check digits of 13,807 or more would hold too: they are refused, so that equal keys have equal text."""
    payload = next(n for n in count(1) if -(n * 24**3) % PRIME < 24**3 - PRIME)
    usual = payload * 24**3 + -(payload * 24**3) % PRIME
    assert parse(written(usual)).random == payload
    assert "of a form that this version does not know" in refusal(written(usual + PRIME)).detail
