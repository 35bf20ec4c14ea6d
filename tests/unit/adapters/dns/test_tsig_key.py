"""Files with a TSIG key."""

from __future__ import annotations

import base64
import subprocess
from shutil import which
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.adapters.dns.tsig_key import TsigKey, is_readable_by_others, parse_tsig_key, read_tsig_key
from tenure.core.errors import Code, LocalFault, UsageError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"0123456789abcdef0123456789abcdef"
BASE64 = base64.b64encode(SECRET).decode()
KEYGEN = which("tsig-keygen", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")


def statement(
    *, name: str = '"tenure-host1"', algorithm: str = "hmac-sha256", encoded: str = f'"{BASE64}"'
) -> str:
    """A key as `tsig-keygen` writes it."""
    return f"key {name} {{\n\talgorithm {algorithm};\n\tsecret {encoded};\n}};\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(statement(), id="as tsig-keygen writes it"),
        pytest.param(statement(name="tenure-host1", encoded=BASE64), id="without quotation marks"),
        pytest.param(
            statement(name='"Tenure-Host1."', algorithm="HMAC-SHA256."), id="capitals and final dots"
        ),
        pytest.param(
            f'key tenure-host1 {{ secret "{BASE64}"; algorithm hmac-sha256; }};', id="the other order"
        ),
        pytest.param(f"// ours\n# and\n/* long\n */{statement()}# {{", id="comments"),
    ],
)
def test_a_key_statement_is_read(text: str) -> None:
    """Name, algorithm and secret."""
    assert parse_tsig_key(text, what="f") == TsigKey("tenure-host1", "hmac-sha256", SECRET)


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sha384", "hmac-sha512"])
@pytest.mark.parametrize("size", [16, 512])
def test_the_algorithms_of_today_are_taken(algorithm: str, size: int) -> None:
    """With secrets of 128 bits and more."""
    text = statement(algorithm=algorithm, encoded=base64.b64encode(b"x" * size).decode())
    assert parse_tsig_key(text, what="f") == TsigKey("tenure-host1", algorithm, b"x" * size)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "no file with one TSIG key", id="empty"),
        pytest.param(statement() * 2, "no file with one TSIG key", id="two keys"),
        pytest.param(statement()[:-3], "no file with one TSIG key", id="cut off"),
        pytest.param('options { directory "/"; };', "no file with one TSIG key", id="another statement"),
        pytest.param('key "', "no file with one TSIG key", id="an open quotation mark"),
        pytest.param("/* key", "no file with one TSIG key", id="an open comment"),
        pytest.param(statement(algorithm="hmac-md5"), "is not for", id="MD5"),
        pytest.param(statement(algorithm="hmac-sha1"), "is not for", id="SHA-1"),
        pytest.param(statement(algorithm="hmac-sha256-128"), "is not for", id="truncated"),
        pytest.param(statement(encoded='"not base64!"'), "in base64", id="no base64"),
        pytest.param(statement(encoded='"\u00e9"'), "in base64", id="no ASCII"),
        pytest.param(
            statement(encoded=base64.b64encode(b"x" * 15).decode()), "16 to 512 bytes", id="too short"
        ),
        pytest.param(
            statement(encoded=base64.b64encode(b"x" * 513).decode()), "16 to 512 bytes", id="too long"
        ),
        pytest.param(statement(name='"a key"'), "no name of a key", id="a name that is none"),
    ],
)
def test_what_is_no_usable_key_is_refused(text: str, told: str) -> None:
    """With a cure, and without a word of the secret."""
    with pytest.raises(UsageError) as refused:
        parse_tsig_key(text, what="the file")
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert told in refused.value.detail
    assert refused.value.cure
    assert BASE64[:10] not in str(refused.value)


def test_a_secret_is_shown_nowhere() -> None:
    """Not even in a traceback."""
    assert "0123" not in repr(parse_tsig_key(statement(), what="f"))


@given(st.text(alphabet='key {}";/*#\nalgorithmsecretABC=', max_size=80))
def test_what_is_left_of_a_key_statement_is_refused(text: str) -> None:
    """In one way only, whatever it is: nothing so short holds a secret of 128 bits and an algorithm."""
    with pytest.raises(UsageError):
        parse_tsig_key(text, what="f")


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    """The path is told."""
    with pytest.raises(UsageError, match="no such file"):
        read_tsig_key(tmp_path / "dns.key")
    (tmp_path / "dns.key").write_bytes(b" " * 4_097)
    with pytest.raises(LocalFault, match="larger than"):
        read_tsig_key(tmp_path / "dns.key")


@pytest.mark.parametrize(
    ("mode", "others"), [(0o600, False), (0o400, False), (0o640, True), (0o644, True), (0o604, True)]
)
def test_whether_others_may_read_it(tmp_path: Path, mode: int, *, others: bool) -> None:
    """A file's mode says so."""
    path = tmp_path / "dns.key"
    path.write_text(statement())
    path.chmod(mode)
    assert is_readable_by_others(path) is others


@pytest.mark.real
@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sha384", "hmac-sha512"])
def test_what_tsig_keygen_writes_is_read(tmp_path: Path, algorithm: str) -> None:
    """The real one."""
    if KEYGEN is None:
        pytest.skip("BIND 9 is not installed (apt-get install bind9)")
    written = subprocess.run(
        [KEYGEN, "-a", algorithm, "tenure-host1"], capture_output=True, check=True, timeout=30
    )
    path = tmp_path / "dns.key"
    path.write_bytes(written.stdout)
    key = read_tsig_key(path)
    assert (key.name, key.algorithm) == ("tenure-host1", algorithm)
    assert len(key.secret) * 8 == int(algorithm[-3:])
