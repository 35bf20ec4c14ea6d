"""A machine's state in files, each whole in itself, so that one that is damaged takes no other with it.

    machine.json              machine id, hosts and the way to them, highest time seen, epochs, fingerprints
    products/<product>.json   an installed key, as anybody may see it, and when the first one was installed
    keys/<product>.json       the key itself, where it is secret: a MAK or a retail key
    leases/<product>.json     a lease and the certificate that carries it
    grants/<product>.json     a grant
    catalogs/<publisher>.json the catalogs that lead to the newest, as they travel
    revocations/<publisher>.json
                              the newest revocation list, as it travels

All are readable by every program on the machine (0644), but those in `keys`, which are their owner's alone (0600).
Every file names its format; members that this version does not know are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from tenure.adapters.files import client_files as files
from tenure.adapters.files.atomic import PUBLIC, SECRET, read_file, unusable, write_atomically
from tenure.adapters.files.client_machine import MachineFile
from tenure.adapters.files.folder_lock import folder_lock
from tenure.client.state import ClientState
from tenure.core.errors import Code, LocalFault, TenureError
from tenure.wire.catalog import CatalogList
from tenure.wire.revocation import RevocationBody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from uuid import UUID


class _AnyFormat(Struct, frozen=True):
    format: int


@dataclass(frozen=True, slots=True)
class Damage:
    """A state file that could not be understood, so that the rest was used without it."""

    path: Path
    moved_to: Path | None
    """Where it was set aside; None: the folder is read-only, so it still stands there."""
    why: str

    def __str__(self) -> str:
        where = f"was set aside as {self.moved_to.name}" if self.moved_to else "was passed over"
        return f"{self.path} is damaged and {where}: {self.why}"


T = TypeVar("T")


class FileClientStore:
    """`ClientStore` in one folder. Processes may share it: updates take turns, reads need no turn."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before it is needed."""
        self._folder = folder
        self.damaged: list[Damage] = []
        """What was found damaged since this store was made."""

    @property
    def exists(self) -> bool:
        """Whether a machine ever kept anything here."""
        return any(
            (self._folder / name).exists()
            for name in ("machine.json", "products", "leases", "grants", "catalogs")
        )

    def load(self) -> ClientState:
        """The state at this moment; damaged files are set aside if that is possible, and named in `damaged`.

        Raises:
            LocalFault: a file cannot be read, or was written by a newer version.
        """
        state, damaged = self._read()
        if not damaged:
            return state
        try:
            with folder_lock(self._folder):
                # Read again: whoever held the lock may just have replaced the file.
                state, damaged = self._read()
                self._set_aside(damaged)
        except LocalFault:
            self.damaged += [Damage(path, None, why) for path, why in damaged.items()]
        return state

    def load_product(self, product_id: UUID) -> ClientState:
        """The state as far as this product needs it; nothing is written, and no other product's file is opened.

        Damaged files are passed over and named in `damaged`.

        Raises:
            LocalFault: a file cannot be read, or was written by a newer version.
        """
        damaged: dict[Path, str] = {}
        file = f"{product_id}.json"
        machine = _tried(self._folder / "machine.json", files.read_machine, damaged)
        lease = _tried(self._folder / "leases" / file, files.read_lease, damaged)
        grant = _tried(self._folder / "grants" / file, files.read_grant, damaged)
        product = _tried(self._folder / "products" / file, files.read_product, damaged)
        state = ClientState(machine=machine)
        if product is not None:
            catalogs = self._folder / "catalogs" / f"{product.publisher_id}.json"
            trusted = _tried(catalogs, files.read_catalogs, damaged)
            state = state.with_product(product)
            state = state.with_catalogs(trusted) if trusted is not None else state
            revocations = self._folder / "revocations" / f"{product.publisher_id}.json"
            listed = _tried(revocations, files.read_revocations, damaged)
            state = state.with_revocations(product.publisher_id, listed) if listed is not None else state
        self.damaged += [Damage(path, None, why) for path, why in damaged.items()]
        return replace(
            state,
            leases={product_id: lease} if lease is not None else {},
            grants={product_id: grant} if grant is not None else {},
        )

    def update(self, change: Callable[[ClientState], ClientState]) -> ClientState:
        """The state is what `change` makes of the present one; only files whose content changes are written.

        Each file is written whole; when the process dies between two, what was written first is of use alone:
        catalogs before the lists, leases and grants that they verify.

        Raises:
            LocalFault: code `home_unusable`, when the folder cannot be written.
        """
        with folder_lock(self._folder):
            before, damaged = self._read()
            self._set_aside(damaged)
            after = change(before)
            self._write(before, after)
            return after

    def _read(self) -> tuple[ClientState, dict[Path, str]]:
        """In the opposite order of `_write`: a lease that is seen has its catalog there already."""
        damaged: dict[Path, str] = {}
        machine = _tried(self._folder / "machine.json", files.read_machine, damaged)
        leases = dict(self._each("leases", files.read_lease, damaged))
        grants = dict(self._each("grants", files.read_grant, damaged))
        products = dict(self._each("products", files.read_product, damaged))
        secret_keys = dict(self._each("keys", files.read_key, damaged))
        revocations = dict(self._each("revocations", files.read_revocations, damaged))
        catalogs = dict(self._each("catalogs", files.read_catalogs, damaged))
        state = ClientState(
            machine=machine,
            products=products,
            secret_keys=secret_keys,
            leases=leases,
            grants=grants,
            catalogs=catalogs,
            revocations=revocations,
        )
        return state, damaged

    def _each(
        self, kind: str, read: Callable[[Path], T | None], damaged: dict[Path, str]
    ) -> Iterator[tuple[UUID, T]]:
        """The readable files of one kind, by the id that is their name; temporary files of a killed writer are none."""
        folder = self._folder / kind
        try:
            paths = sorted(p for p in folder.iterdir() if p.suffix == ".json" and not p.name.startswith("."))
        except FileNotFoundError:
            return
        except OSError as error:
            raise unusable(folder, error) from error
        for path in paths:
            value = _tried(path, read, damaged)
            name = _tried(path, files.named_id, damaged)
            if value is not None and name is not None:
                yield name, value

    def _write(self, before: ClientState, after: ClientState) -> None:
        self._put_changed(
            "catalogs", before.catalogs, after.catalogs, lambda known: CatalogList(known.tokens)
        )
        self._put_changed("revocations", before.revocations, after.revocations, RevocationBody)
        self._put_changed("keys", before.secret_keys, after.secret_keys, files.key_file, mode=SECRET)
        self._put_changed("products", before.products, after.products, files.product_file)
        self._put_changed("leases", before.leases, after.leases, files.lease_file)
        self._put_changed("grants", before.grants, after.grants, files.grant_file)
        for kind, old, new in (
            ("leases", before.leases, after.leases),
            ("grants", before.grants, after.grants),
            ("products", before.products, after.products),
            ("keys", before.secret_keys, after.secret_keys),
        ):
            self._remove(kind, old, new)
        if after.machine is not None and after.machine != before.machine:
            write_atomically(self._folder / "machine.json", files.encoded(MachineFile.of(after.machine)))

    def _put_changed(
        self,
        kind: str,
        old: Mapping[UUID, T],
        new: Mapping[UUID, T],
        form: Callable[[T], Struct],
        *,
        mode: int = PUBLIC,
    ) -> None:
        for name, value in new.items():
            if old.get(name) != value:
                path = self._folder / kind / f"{name}.json"
                write_atomically(path, files.encoded(form(value)), mode=mode)

    def _remove(self, kind: str, old: Mapping[UUID, object], new: Mapping[UUID, object]) -> None:
        for gone in old.keys() - new.keys():
            path = self._folder / kind / f"{gone}.json"
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise unusable(path, error) from error

    def _set_aside(self, damaged: Mapping[Path, str]) -> None:
        """Damaged files are renamed to `<name>.damaged-<n>`, so that nothing is lost and nothing in the way."""
        for path, why in damaged.items():
            number = 1
            while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
                number += 1
            try:
                path.rename(aside)
            except OSError as error:
                raise unusable(path, error) from error
            self.damaged.append(Damage(path, aside, why))


def _tried(path: Path, read: Callable[[Path], T | None], damaged: dict[Path, str]) -> T | None:
    """What `read` makes of the file; None, and a word in `damaged`, when that is nothing."""
    try:
        return read(path)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        _refuse_newer_format(path)
        damaged[path] = str(error)
    except LocalFault:
        raise
    except TenureError as error:
        damaged[path] = error.detail
    return None


def _refuse_newer_format(path: Path) -> None:
    """A file of a newer version is not damaged: an older program must leave it alone."""
    try:
        found = msgspec.json.decode(read_file(path, limit=files.CATALOG_LIMIT) or b"", type=_AnyFormat).format
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if found > files.FORMAT:
        raise LocalFault(
            Code.HOME_UNUSABLE,
            f"{path} was written by a newer version of Tenure (format {found}; this one knows {files.FORMAT}).",
            "Use the newer version, here too.",
        )
