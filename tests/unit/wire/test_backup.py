"""The manifest of a backup: what it says, byte for byte, and which manifests and file names are refused."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.wire.backup import (
    DATABASE,
    FILES,
    HOST_KEY,
    MANIFEST_LIMIT,
    MEMBERS_LIMIT,
    Manifest,
    Member,
    invalid_backup,
    kind_of,
    manifest_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ID = "33333333-3333-4333-8333-333333333333"
DIGEST = "0123456789abcdef" * 4
MIB = 1024 * 1024
GOOD = Manifest(
    program="0.1.0",
    host_id=UUID(ID),
    epoch=1_800_000_000,
    made_at=1_800_000_100,
    members=(Member(DATABASE, 86_016, DIGEST), Member(HOST_KEY, 150, DIGEST)),
)
GOLDEN = (
    f'{{"format":"tenure-host-backup","version":1,"program":"0.1.0","host_id":"{ID}","epoch":1800000000,'
    f'"made_at":1800000100,"members":[{{"name":"host.db","size":86016,"sha256":"{DIGEST}"}},'
    f'{{"name":"host.jwk","size":150,"sha256":"{DIGEST}"}}]}}'
).encode()


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The manifest with a change."""
    said = json.loads(GOLDEN)
    change(said)
    return json.dumps(said).encode()


def with_member(name: str, size: int = 1, sha256: str = DIGEST) -> bytes:
    """The manifest with one more member."""
    return changed(lambda said: said["members"].append({"name": name, "size": size, "sha256": sha256}))


def with_value(**values: object) -> bytes:
    """The manifest with other values."""
    return changed(lambda said: said.update(values))


def refused(data: bytes) -> Untrusted:
    """With which error the manifest is refused."""
    with pytest.raises(Untrusted) as caught:
        manifest_in(data)
    assert caught.value.code is Code.BACKUP_INVALID
    return caught.value


def test_the_bytes_of_version_1_stay_as_they_are() -> None:
    """Backups lie on shelves for years: a later version reads them, and writes the same."""
    assert msgspec.json.encode(GOOD) == GOLDEN
    assert manifest_in(GOLDEN) == GOOD


def test_what_a_later_version_adds_is_passed_over() -> None:
    """In the manifest and in its members."""
    assert manifest_in(with_value(compressed=False)) == GOOD
    assert manifest_in(changed(lambda said: said["members"][0].update(mode=384))) == GOOD


SECRET = {
    "host.db": False,
    "host.jwk": True,
    "host.pub.jwk": False,
    f"{ID}.product-key": True,
    "database.url": True,
    "pgpass": True,
    "tls.json": False,
    "publisher-ca.pem": False,
    "installation-id": False,
    f"pending/{ID}.json": False,
}


@pytest.mark.parametrize(("name", "secret"), SECRET.items())
def test_every_file_of_a_host_is_known_and_secrets_are_their_owners_alone(name: str, *, secret: bool) -> None:
    """Private keys, product keys, and what may hold a password."""
    kind = kind_of(name)
    assert kind is not None
    assert kind.secret is secret


def test_no_kind_of_file_is_left_out_of_the_table_above() -> None:
    """Whoever adds one says there whether it is a secret."""
    assert {kind_of(name) for name in SECRET} == set(FILES)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "/", "host.db/", "/host.db", "./host.db", "../host.db", "pending/../host.db"),
        *("host.db\n", "host.db\0", " host.db", "HOST.DB", "hostXdb", "host.db-wal", "host.db-shm"),
        *("serve.lock", "serving.json", "host.db.before-0003", "manifest.json", "pending", "pending/"),
        *(f"{ID}.json", f"pending/{ID}", f"pending/{ID}.json/x", f"pending\\{ID}.json"),
        *(f"{ID.upper()[:-1]}G.product-key", f"x{ID}.product-key", ".product-key", f"{ID[:-1]}.product-key"),
    ],
)
def test_any_other_name_belongs_to_no_backup(name: str) -> None:
    """Neither what a server writes while it runs, nor a name that leads anywhere else."""
    assert kind_of(name) is None
    assert "no file of a host" in refused(with_member(name)).detail


@given(st.sampled_from([*SECRET]), st.integers(0, 50), st.integers(0, 3), st.text(max_size=3))
def test_no_known_name_leaves_the_folder(name: str, place: int, gone: int, new: str) -> None:
    """Whatever is put into a name: what is still known is a plain file, at most one folder down."""
    name = name[:place] + new + name[place + gone :]
    if kind_of(name) is not None:
        path = PurePosixPath(name)
        assert not path.is_absolute()
        assert len(path.parts) <= 2
        assert ".." not in path.parts
        assert name.isascii()
        assert str(path) == name


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        pytest.param("host.pub.jwk", MIB, id="a-small-file"),
        pytest.param("pgpass", MIB, id="a-secret"),
        pytest.param(f"pending/{ID}.json", MIB, id="a-request"),
    ],
)
def test_a_file_may_be_as_large_as_its_kind_and_no_byte_larger(name: str, limit: int) -> None:
    """So nobody is made to write a terabyte by a header."""
    assert manifest_in(with_member(name, limit)).members[-1].size == limit
    assert f"{limit:,} are allowed" in refused(with_member(name, limit + 1)).detail


@pytest.mark.parametrize(
    ("size", "good"), [(64 * 1024 * MIB, True), (64 * 1024 * MIB + 1, False), (-1, False), (0, True)]
)
def test_a_database_has_at_most_64_gib(size: int, *, good: bool) -> None:
    """A million machines with a log of 90 days take under 10."""
    data = changed(lambda said: said["members"][0].update(size=size))
    if good:
        assert manifest_in(data).members[0].size == size
    else:
        refused(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "cannot be read", id="empty"),
        pytest.param(b"[]", "cannot be read", id="no-object"),
        pytest.param(b"{}", "cannot be read", id="nothing-in-it"),
        pytest.param(b"[" * 100_000, "cannot be read", id="deep"),
        pytest.param(b"\xff" + GOLDEN, "cannot be read", id="not-utf-8"),
        pytest.param(GOLDEN + GOLDEN, "cannot be read", id="two-of-them"),
        pytest.param(
            with_value(format="tenure-publisher-backup"), "no backup of a host", id="another-format"
        ),
        pytest.param(with_value(version=0), "version 0", id="version-0"),
        pytest.param(with_value(version=2), "version 2", id="version-2"),
        pytest.param(with_value(version="1"), "cannot be read", id="version-as-text"),
        pytest.param(with_value(host_id="me"), "cannot be read", id="no-host-id"),
        pytest.param(with_value(epoch=-1), "cannot be read", id="epoch-below-0"),
        pytest.param(with_value(epoch=2**53 + 1), "cannot be read", id="epoch-beyond-2-53"),
        pytest.param(with_value(epoch=1.5), "cannot be read", id="epoch-with-a-fraction"),
        pytest.param(with_value(made_at=None), "cannot be read", id="made-at-no-time"),
        pytest.param(with_value(program="x" * 101), "cannot be read", id="program-too-long"),
        pytest.param(with_value(members=[]), "host.db is missing", id="no-members"),
        pytest.param(with_member(HOST_KEY), "host.jwk is named twice", id="a-name-twice"),
        pytest.param(with_member("pgpass", sha256=DIGEST[1:]), "cannot be read", id="hash-too-short"),
        pytest.param(with_member("pgpass", sha256=DIGEST.upper()), "cannot be read", id="hash-in-capitals"),
        pytest.param(with_member("pgpass", sha256=DIGEST + "\n"), "cannot be read", id="hash-and-a-newline"),
        pytest.param(
            changed(lambda said: said["members"].pop()), "host.jwk is missing", id="without-a-host-key"
        ),
        pytest.param(
            changed(lambda said: said["members"].pop(0)), "host.db is missing", id="without-a-database"
        ),
        pytest.param(
            changed(lambda said: said.update(members=said["members"][:1] * (MEMBERS_LIMIT + 1))),
            "cannot be read",
            id="too-many-members",
        ),
    ],
)
def test_a_manifest_that_is_no_good_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    """Untrusted, `backup_invalid`."""
    assert reason in refused(data).detail


def test_a_later_version_is_named_with_its_cure() -> None:
    """The file is good: what is wrong is the program."""
    assert "install that version" in refused(with_value(version=2)).cure


def test_an_error_says_that_nothing_was_restored() -> None:
    """Whoever reads it at night need not look."""
    assert str(invalid_backup("it is cut off")) == (
        "This backup cannot be used: it is cut off. Nothing was restored. "
        "Take another backup, or another copy of this one."
    )


def test_the_largest_manifest_that_a_host_can_have_stays_below_its_limit() -> None:
    """A backup that is made can be read."""
    names = [f"pending/{UUID(int=number)}.json" for number in range(MEMBERS_LIMIT - 2)]
    many = tuple(Member(name, MIB, DIGEST) for name in names)
    manifest = msgspec.structs.replace(GOOD, members=GOOD.members + many)
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    assert len(data) <= MANIFEST_LIMIT
    assert manifest_in(data) == manifest


@given(st.integers(0, len(GOLDEN) - 1))
def test_no_manifest_that_is_cut_off_is_taken(length: int) -> None:
    """At whichever byte."""
    refused(GOLDEN[:length])


@given(st.integers(0, len(GOLDEN) - 1), st.integers(0, 255))
def test_another_byte_gives_a_manifest_or_an_error_of_ours(place: int, byte: int) -> None:
    """And a manifest that names known files only."""
    data = GOLDEN[:place] + bytes([byte]) + GOLDEN[place + 1 :]
    with suppress(Untrusted):
        assert all(kind_of(member.name) for member in manifest_in(data).members)


@given(st.binary(max_size=300))
def test_any_bytes_give_an_error_of_ours(data: bytes) -> None:
    """Never another one."""
    refused(data)
