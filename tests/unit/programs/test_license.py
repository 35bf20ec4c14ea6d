"""`License`: what a product hears about itself, from files alone."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import pytest

from simulators.licensed import LicensedMachine, StudioPublisher
from simulators.publisher import NOW, seeded
from simulators.world import HOST_ID, MAK
from tenure.client.grant_activation import draft_machine_activation
from tenure.client.revocations import follow_revocations
from tenure.core.catalog import KeyEntry
from tenure.core.errors import Code, TenureError, Untrusted, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY
from tenure.core.revocation import Revocable, Revocation
from tenure.programs.license import License
from tenure.wire.catalog import CatalogList, sign_catalog
from tenure.wire.jws import Typ

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.client.license_check import LicenseCheck

S = LicenseStatus
ROOT = seeded(1).public


@pytest.fixture
def machine(tmp_path: Path) -> LicensedMachine:
    """A machine without a key."""
    return LicensedMachine(tmp_path / "home")


@pytest.fixture
def licensed(machine: LicensedMachine) -> LicensedMachine:
    """A machine with a lease of 180 days from NOW."""
    machine.activate()
    return machine


def said(check: LicenseCheck) -> tuple[LicenseStatus, str]:
    """Status and reason."""
    return check.status, check.reason


# What it answers


@pytest.mark.parametrize(
    ("seconds", "status", "reason", "days_left", "warning"),
    [
        (0, S.LICENSED, "activated", 180, False),
        (1, S.LICENSED, "activated", 180, False),
        (150 * DAY - 1, S.LICENSED, "activated", 31, False),
        (150 * DAY, S.LICENSED, "activated", 30, True),
        (180 * DAY - 1, S.LICENSED, "activated", 1, True),
        (180 * DAY, S.NOTIFICATION, "lease_expired", 70, False),
        (250 * DAY - 1, S.NOTIFICATION, "lease_expired", 1, False),
        (250 * DAY, S.REDUCED_FUNCTIONALITY, "lease_expired", None, False),
        (10_000 * DAY, S.REDUCED_FUNCTIONALITY, "lease_expired", None, False),
    ],
)
def test_a_lease_runs_its_course(
    licensed: LicensedMachine, seconds: int, status: S, reason: str, days_left: int | None, *, warning: bool
) -> None:
    """From the files of day 0, without anything that changes but the clock."""
    product = licensed.license()
    licensed.world.now = NOW + seconds
    check = product.check()
    assert (*said(check), check.days_left, check.warning) == (status, reason, days_left, warning)


def test_the_answer_names_everything_a_product_shows(licensed: LicensedMachine) -> None:
    """Times are aware, in UTC; the host and the product have names."""
    check = licensed.license().check()
    assert check.expires is not None
    assert check.notification_from == check.expires
    assert check.reduced_functionality_from is not None
    assert check.expires.isoformat() == "2027-07-14T08:00:00+00:00"
    assert (check.reduced_functionality_from - check.expires).days == 70
    assert (check.product, check.host) == ("Draft Studio", "host.example:1688")
    assert check.message == "Draft Studio is licensed; 180 days are left."
    assert check.licensed
    assert not check.cure
    assert check.product_id == licensed.license().product_id == licensed.world.product_id


def test_never_activated_runs_from_the_installation_of_the_key(machine: LicensedMachine) -> None:
    """Without grace a product notifies at once, and is reduced after 70 days."""
    machine.install()
    product = machine.license()
    assert said(product.check()) == (S.NOTIFICATION, "not_activated")
    machine.world.now += 70 * DAY
    assert said(product.check()) == (S.REDUCED_FUNCTIONALITY, "not_activated")


@pytest.fixture
def for_good(machine: LicensedMachine) -> LicensedMachine:
    """A machine that was activated with a MAK."""
    machine.world.install_key_of(MAK.text)
    machine.world.grants.activate(machine.world.product_id)
    return machine


@pytest.mark.parametrize("days", [0, 250, 10_000])
def test_a_grant_lasts_for_good(for_good: LicensedMachine, days: int) -> None:
    """No end, no warning, nothing to do, and everything runs."""
    for_good.world.now += days * DAY
    check = for_good.license().check()
    assert said(check) == (S.LICENSED, "activated")
    assert (check.days_left, check.warning, check.expires, check.host, check.cure) == (
        *(None, False, None, None, ""),
    )
    assert check.message == "Draft Studio is licensed on this machine for good."
    assert check.allows("export")


def test_a_grant_on_another_installation_is_no_license(for_good: LicensedMachine) -> None:
    """Notification without an end, for a product writes nothing; from the day on which somebody noted it, 70 days."""
    state = for_good.world.store.load()
    (held,) = state.grants.values()
    product = for_good.license()
    copy = replace(held, grant=_of_another_installation(for_good))
    for_good.world.store.update(lambda s: s.with_grant(for_good.world.product_id, copy))
    for_good.world.now += 1_000 * DAY
    check = product.check()
    assert (*said(check), check.days_left) == (S.NOTIFICATION, "machine_changed", None)
    assert check.message == "The license of Draft Studio was given to another installation."
    noted = replace(copy, change_noted_at=for_good.world.now)
    for_good.world.store.update(lambda s: s.with_grant(for_good.world.product_id, noted))
    assert product.check().days_left == 70
    for_good.world.now += 70 * DAY
    assert said(product.check()) == (S.REDUCED_FUNCTIONALITY, "machine_changed")


def _of_another_installation(machine: LicensedMachine) -> str:
    machine.world.authority.script.append(lambda grant: replace(grant, fingerprint="x" * 43))
    draft = draft_machine_activation(
        machine.world.product_id,
        store=machine.world.store,
        here=machine.world.surroundings,
        machine_key=lambda: seeded(6),
    )
    return machine.world.authority.activate_machine(draft.token).grant


def test_a_new_grant_file_is_seen_at_once(machine: LicensedMachine) -> None:
    """A product that was checked before need not be started again, nor when the grant is gone."""
    machine.world.install_key_of(MAK.text)
    product = machine.license()
    assert said(product.check()) == (S.NOTIFICATION, "not_activated")
    machine.world.grants.activate(machine.world.product_id)
    assert said(product.check()) == (S.LICENSED, "activated")
    (machine.home.client / "grants" / f"{machine.world.product_id}.json").unlink()
    assert said(product.check()) == (S.NOTIFICATION, "not_activated")


def test_grace_is_the_publishers_to_give(tmp_path: Path) -> None:
    """A catalog with ten days of grace gives them, and everything runs meanwhile."""
    terms = StudioPublisher().policies
    terms["workstations"] = replace(terms["workstations"], grace_days=10)
    machine = LicensedMachine(tmp_path, publisher=StudioPublisher(policies=terms))
    machine.install()
    check = machine.license().check()
    assert (*said(check), check.days_left) == (S.INITIAL_GRACE, "not_activated", 10)
    assert check.allows("export")


def test_times_beyond_the_calendar_are_its_end(tmp_path: Path) -> None:
    """A machine whose clock says the year 33658 is told something all the same."""
    machine = LicensedMachine(tmp_path, now=10**12)
    machine.install()
    check = machine.license().check()
    assert said(check) == (S.NOTIFICATION, "not_activated")
    assert check.notification_from is not None
    assert check.notification_from.year == 9999


def test_without_a_key_nothing_runs(machine: LicensedMachine) -> None:
    """An empty home is `unlicensed`, and says what to do."""
    check = machine.license().check()
    assert said(check) == (S.UNLICENSED, "no_key")
    assert "install-key" in check.cure
    assert not check.allows("export")
    assert (check.expires, check.days_left, check.product) == (None, None, None)


def test_a_clock_set_back_helps_nothing(licensed: LicensedMachine) -> None:
    """The latest time that the machine has seen counts, and the product is told."""
    licensed.world.store.update(lambda state: state.at(NOW + 181 * DAY))
    licensed.world.now = NOW - 365 * DAY
    check = licensed.license().check()
    assert said(check) == (S.NOTIFICATION, "lease_expired")
    assert check.clock_moved_back
    assert "clock" in check.message
    assert check.cure.startswith("Set the clock right.")


def test_a_copied_state_says_so(licensed: LicensedMachine) -> None:
    """A lease for another installation's fingerprint notifies at once."""
    licensed.world.fingerprint = "another-installation"
    licensed.world.activation.activate(licensed.world.product_id)
    check = licensed.license().check()
    assert said(check) == (S.NOTIFICATION, "machine_changed")
    assert "another installation" in check.message


@pytest.mark.parametrize(
    ("since", "status", "reason"),
    [
        pytest.param(NOW + 1, S.LICENSED, "activated", id="granted-before"),
        pytest.param(NOW, S.NOTIFICATION, "host_revoked", id="granted-after"),
    ],
)
def test_a_revoked_host_s_leases_count_when_they_were_granted_before(
    licensed: LicensedMachine, since: int, status: S, reason: str
) -> None:
    """As soon as a verified list lies in the home, though the lease's own file is the same as before."""
    product = licensed.license()
    assert product.check().licensed
    publisher = licensed.publisher
    entry = Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=since, reason="stolen")
    token = publisher.revocations(entry)
    licensed.world.store.update(
        lambda state: follow_revocations(state, publisher.publisher_id, token, now=NOW)
    )
    check = product.check()
    assert said(check) == (status, reason)
    assert ("stolen" in check.message) is (status is not S.LICENSED)


def test_a_forged_list_in_the_home_does_nothing(licensed: LicensedMachine) -> None:
    """Whoever can write the home could take the lease away as well; a list that does not verify is no way to."""
    entry = Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=0)
    forged = StudioPublisher(signing_key=seeded(66)).revocations(entry)
    publisher_id = licensed.publisher.publisher_id
    licensed.world.store.update(lambda state: state.with_revocations(publisher_id, forged))
    assert licensed.license().check().licensed


# Features


def test_features_stop_as_the_catalog_says(licensed: LicensedMachine) -> None:
    """`export` stops in notification, `save` and what the catalog does not name in reduced functionality."""
    product = licensed.license()
    running = []
    for day in (0, 181, 250):
        licensed.world.now = NOW + day * DAY
        running.append([name for name in ("export", "save", "exprot") if product.allows(name)])
    assert running == [["export", "save", "exprot"], ["save", "exprot"], []]


def test_the_names_of_the_catalog_are_told(licensed: LicensedMachine) -> None:
    """So a product's own test can find a misspelt one."""
    assert licensed.license().check().features == {
        "export": S.NOTIFICATION,
        "save": S.REDUCED_FUNCTIONALITY,
    }


# Whose root


def test_a_catalog_of_another_root_proves_nothing(licensed: LicensedMachine) -> None:
    """Whoever makes a publisher of his own with the same ids licenses nothing."""
    product = License(
        root_key=seeded(90).public.jwk,
        product_id=licensed.world.product_id,
        home=licensed.root,
        clock=licensed.world.clock,
    )
    check = product.check()
    assert said(check) == (S.NOTIFICATION, "chain_broken")
    assert seeded(90).public.kid in check.message


def test_a_generous_forgery_gives_no_grace(tmp_path: Path) -> None:
    """The policy of a catalog that the root did not sign does not count either."""
    terms = StudioPublisher().policies
    terms["workstations"] = replace(terms["workstations"], grace_days=90)
    forger = LicensedMachine(tmp_path, publisher=StudioPublisher(policies=terms, root=seeded(66)))
    forger.install()
    product = License(
        root_key=ROOT.jwk, product_id=forger.world.product_id, home=tmp_path, clock=forger.world.clock
    )
    assert said(product.check()) == (S.NOTIFICATION, "chain_broken")


@pytest.mark.parametrize("root", [1, 61], ids=["the first root", "the later root"])
def test_products_of_every_root_in_the_chain_are_served(licensed: LicensedMachine, root: int) -> None:
    """A product built after a change of roots pins the later one, and knows no earlier one."""
    first = licensed.publisher.catalog
    entry = KeyEntry(seeded(61).kid, seeded(61).public.x, frozenset({Typ.CATALOG.value}), 0)
    both = replace(first, seq=2, iat=NOW - 10, roots=(*first.roots, entry))
    newest = replace(both, seq=3)
    later = [
        sign_catalog(both, document_id="2", root=licensed.publisher.root),
        sign_catalog(newest, document_id="3", root=seeded(61)),
    ]
    licensed.catalog_file.write_bytes(
        msgspec.json.encode(CatalogList((licensed.publisher.catalog_token, *later)))
    )
    product = License(
        root_key=seeded(root).public.jwk,
        product_id=licensed.world.product_id,
        home=licensed.root,
        clock=licensed.world.clock,
    )
    assert said(product.check()) == (S.LICENSED, "activated")


@pytest.mark.parametrize("form", ["members", "text", "path", "path as text"])
def test_the_root_key_is_given_in_any_form(licensed: LicensedMachine, tmp_path: Path, form: str) -> None:
    """A JWK, its JSON text, or the path of a file with it."""
    file = tmp_path / "root.jwk"
    file.write_text(json.dumps(ROOT.jwk))
    forms: dict[str, dict[str, str] | str | Path] = {
        "members": ROOT.jwk,
        "text": json.dumps(ROOT.jwk),
        "path": file,
        "path as text": str(file),
    }
    product = License(
        root_key=forms[form],
        product_id=str(licensed.world.product_id),
        home=str(licensed.root),
        clock=licensed.world.clock,
    )
    assert product.check().licensed


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("{", Code.INVALID_ARGUMENT),
        ("/nowhere/root.jwk", Code.INVALID_ARGUMENT),
        ("{}", Code.DOCUMENT_MALFORMED),
        ({**ROOT.jwk, "d": "AAAA"}, Code.DOCUMENT_MALFORMED),
        ({**ROOT.jwk, "crv": "X25519"}, Code.DOCUMENT_MALFORMED),
    ],
    ids=["no JSON", "no file", "no JWK", "a private key", "another curve"],
)
def test_a_wrong_root_key_is_the_programs_fault(given: str | dict[str, str], code: Code) -> None:
    """It is told when the product starts, in words."""
    with pytest.raises(TenureError) as raised:
        License(root_key=given, product_id=UUID(int=1))
    assert raised.value.code is code
    assert isinstance(raised.value, UsageError | Untrusted)


def test_a_wrong_product_id_is_the_programs_fault() -> None:
    """As is an id that is no UUID."""
    with pytest.raises(UsageError, match="UUID"):
        License(root_key=ROOT.jwk, product_id="draft-studio")


# A bad state


@pytest.mark.parametrize(
    ("file", "status", "reason"),
    [
        ("lease_file", S.NOTIFICATION, "state_damaged"),
        ("catalog_file", S.NOTIFICATION, "state_damaged"),
        ("product_file", S.UNLICENSED, "state_damaged"),
    ],
)
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"format": 1}'])
def test_damage_is_an_answer(
    licensed: LicensedMachine, file: str, content: bytes, status: S, reason: str
) -> None:
    """A file of which nothing can be made is named, and is neither moved nor mended by a product."""
    path: Path = getattr(licensed, file)
    path.write_bytes(content)
    check = licensed.license().check()
    assert said(check) == (status, reason)
    assert path.name in check.message
    assert path.read_bytes() == content


def test_damage_beside_a_good_lease_is_no_reason(licensed: LicensedMachine) -> None:
    """The lease proves the license without the rest."""
    (licensed.home.client / "machine.json").write_bytes(b"{")
    assert said(licensed.license().check()) == (S.LICENSED, "activated")


def test_an_altered_lease_counts_as_none(licensed: LicensedMachine) -> None:
    """A signature that does not fit says so in the reason."""
    held = json.loads(licensed.lease_file.read_text())
    head, payload, signature = held["lease"].split(".")
    held["lease"] = (
        f"{head}.{payload}.{signature[:10]}{'AA' if signature[10:12] != 'AA' else 'BB'}{signature[12:]}"
    )
    licensed.lease_file.write_text(json.dumps(held))
    assert said(licensed.license().check()) == (S.NOTIFICATION, "signature_invalid")


def test_a_file_of_a_newer_version_is_an_answer(licensed: LicensedMachine) -> None:
    """An older product does not fail on it, and says what is the matter."""
    licensed.lease_file.write_text('{"format": 2}')
    check = licensed.license().check()
    assert said(check) == (S.UNLICENSED, "home_unusable")
    assert "newer version" in check.message


def test_a_folder_in_a_files_place_is_an_answer(licensed: LicensedMachine) -> None:
    """Whatever the operating system refuses is told."""
    licensed.lease_file.unlink()
    licensed.lease_file.mkdir()
    assert said(licensed.license().check()) == (S.UNLICENSED, "home_unusable")


def test_other_products_files_are_not_opened(licensed: LicensedMachine) -> None:
    """What another product left, be it secret or damaged, is no matter of this one's."""
    other = licensed.product_file.with_name(f"{UUID(int=5)}.json")
    other.mkdir()
    assert licensed.license().check().licensed


def test_a_file_that_cannot_be_read_is_tried_again(licensed: LicensedMachine) -> None:
    """What may pass by itself, such as missing rights, is never kept; a link to itself stands for it here."""
    kept = licensed.lease_file.rename(licensed.root / "kept.json")
    licensed.lease_file.symlink_to(licensed.lease_file)
    product = licensed.license()
    assert said(product.check()) == (S.UNLICENSED, "home_unusable")
    kept.replace(licensed.lease_file)
    assert product.check().licensed


# Files that change


def test_nothing_is_written(licensed: LicensedMachine) -> None:
    """A product works on a read-only disk: its files and folders are as before."""
    before = {p: p.stat().st_mtime_ns for p in licensed.root.rglob("*")}
    licensed.license().check()
    assert {p: p.stat().st_mtime_ns for p in licensed.root.rglob("*")} == before


def test_what_changes_on_disk_is_seen_at_once(machine: LicensedMachine) -> None:
    """From no key to a key, a lease, a newer one, and back to nothing: the product was never restarted."""
    product = machine.license()
    seen = [said(product.check())]
    machine.install()
    seen.append(said(product.check()))
    machine.world.activation.activate(machine.world.product_id)
    seen.append(said(product.check()))
    machine.world.now += 200 * DAY
    seen.append(said(product.check()))
    machine.world.activation.activate(machine.world.product_id)
    seen.append(said(product.check()))
    machine.lease_file.unlink()
    seen.append(said(product.check()))
    shutil.rmtree(machine.root)
    seen.append(said(product.check()))
    assert seen == [
        (S.UNLICENSED, "no_key"),
        (S.NOTIFICATION, "not_activated"),
        (S.LICENSED, "activated"),
        (S.NOTIFICATION, "lease_expired"),
        (S.LICENSED, "activated"),
        (S.REDUCED_FUNCTIONALITY, "not_activated"),
        (S.UNLICENSED, "no_key"),
    ]


def test_a_catalog_that_arrives_later_is_seen(licensed: LicensedMachine) -> None:
    """Without it the lease proves nothing; with it again it does."""
    token = licensed.catalog_file.read_bytes()
    licensed.catalog_file.unlink()
    product = licensed.license()
    assert said(product.check()) == (S.NOTIFICATION, "chain_broken")
    licensed.catalog_file.write_bytes(token)
    assert product.check().licensed


def test_a_forgery_after_a_good_check_is_verified_anew(licensed: LicensedMachine) -> None:
    """What was verified before lends nothing to what replaces it, also of the same size."""
    product = licensed.license()
    assert product.check().licensed
    forger = LicensedMachine(
        licensed.root.parent / "forger", publisher=StudioPublisher(signing_key=seeded(67))
    )
    forger.activate()
    forged = forger.lease_file.read_bytes()
    assert len(forged) == licensed.lease_file.stat().st_size
    licensed.lease_file.write_bytes(forged)
    assert said(product.check()) == (S.NOTIFICATION, "chain_broken")


def test_threads_share_a_license(licensed: LicensedMachine) -> None:
    """All of them hear the same, while the files are replaced under them."""
    product = licensed.license()
    heard: set[tuple[LicenseStatus, str]] = set()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            heard.add(said(product.check()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        licensed.world.activation.activate(licensed.world.product_id)
    stop.set()
    for thread in threads:
        thread.join()
    assert heard == {(S.LICENSED, "activated")}


# Homes


def test_the_first_home_with_a_key_for_the_product_counts(
    licensed: LicensedMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`$TENURE_HOME` comes first; one without this product's key does not hide the user's own."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    shutil.copytree(licensed.root, tmp_path / "user" / "tenure")
    product = License(root_key=ROOT.jwk, product_id=licensed.world.product_id, clock=licensed.world.clock)
    assert product.check().licensed
    LicensedMachine(tmp_path / "elsewhere").install()
    assert said(product.check()) == (S.NOTIFICATION, "not_activated")


def test_a_home_that_may_not_be_seen_is_passed_over_or_told(
    licensed: LicensedMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service with root's home in its environment finds the system's; without one it says what was in the way."""
    closed = tmp_path / "closed"
    closed.symlink_to(closed)
    monkeypatch.setenv("TENURE_HOME", str(closed))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    product = License(root_key=ROOT.jwk, product_id=licensed.world.product_id, clock=licensed.world.clock)
    check = product.check()
    assert said(check) == (S.UNLICENSED, "home_unusable")
    assert str(closed) in check.message
    shutil.copytree(licensed.root, tmp_path / "user" / "tenure")
    assert product.check().licensed
