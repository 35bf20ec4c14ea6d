"""A machine's state in files, each whole in itself, so that one that is damaged takes no other with it.

    machine.json              machine id, hosts and how to find them, highest time seen, epochs, fingerprints
    products/<product>.json   an installed key and when the first one was installed
    leases/<product>.json     a lease and the certificate that carries it
    catalogs/<publisher>.json the catalogs that lead to the newest, as they travel

All are readable by every program on the machine (0644), but a product file with a secret key (0600). Every file
names its format; members that this version does not know are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.adapters.files.atomic import PUBLIC, SECRET, read_file, unusable, write_atomically
from tenure.adapters.files.client_machine import MachineFile
from tenure.adapters.files.folder_lock import folder_lock
from tenure.client.host_address import parse_host
from tenure.client.state import ClientState, HeldLease, InstalledProduct
from tenure.core.errors import Code, LocalFault, TenureError, Untrusted
from tenure.core.product_key import KeyType, parse
from tenure.wire.catalog import CatalogList
from tenure.wire.claims import Seconds, as_uuid
from tenure.wire.jws import MAX_DOCUMENT
from tenure.wire.trust import TrustedCatalogs, catalogs_in, first_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tenure.client.state import Machine

_LIMIT: Final = 1024 * 1024
"""Bytes of a state file; a real one has under 2,000."""
_CATALOG_LIMIT: Final = 64 * 1024 * 1024
_FORMAT: Final = 1


class _Versioned(Struct, frozen=True, kw_only=True):
    """What every state file begins with."""

    format: Literal[1]


class _ProductFile(_Versioned, frozen=True, kw_only=True):
    product_id: UUID
    publisher_id: UUID
    key: str
    key_installed_at: Seconds
    order: Annotated[int, Meta(ge=0)]


class _LeaseFile(_Versioned, frozen=True, kw_only=True):
    lease: Annotated[str, Meta(max_length=MAX_DOCUMENT)]
    certificate: Annotated[str, Meta(max_length=MAX_DOCUMENT)]
    draw: Annotated[float, Meta(ge=0, lt=1)]
    host: str
    found: bool = False


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
S = TypeVar("S", bound=Struct)


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
            (self._folder / name).exists() for name in ("machine.json", "products", "leases", "catalogs")
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
        machine = _tried(self._folder / "machine.json", _read_machine, damaged)
        lease = _tried(self._folder / "leases" / file, _read_lease, damaged)
        product = _tried(self._folder / "products" / file, _read_product, damaged)
        state = ClientState(machine=machine)
        if product is not None:
            catalogs = self._folder / "catalogs" / f"{product.publisher_id}.json"
            trusted = _tried(catalogs, _read_catalogs, damaged)
            state = state.with_product(product)
            state = state.with_catalogs(trusted) if trusted is not None else state
        self.damaged += [Damage(path, None, why) for path, why in damaged.items()]
        return state.with_lease(product_id, lease) if lease is not None else state

    def update(self, change: Callable[[ClientState], ClientState]) -> ClientState:
        """The state is what `change` makes of the present one; only files whose content changes are written.

        Each file is written whole; when the process dies between two, what was written first is of use alone:
        catalogs before the leases that they verify.

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
        machine = _tried(self._folder / "machine.json", _read_machine, damaged)
        leases = dict(self._each("leases", _read_lease, damaged))
        products = dict(self._each("products", _read_product, damaged))
        catalogs = dict(self._each("catalogs", _read_catalogs, damaged))
        return ClientState(machine=machine, products=products, leases=leases, catalogs=catalogs), damaged

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
            name = _tried(path, _named, damaged)
            if value is not None and name is not None:
                yield name, value

    def _write(self, before: ClientState, after: ClientState) -> None:
        for publisher_id, trusted in after.catalogs.items():
            known = before.catalogs.get(publisher_id)
            if known is None or known.tokens != trusted.tokens:
                self._put("catalogs", publisher_id, CatalogList(trusted.tokens))
        for product_id, product in after.products.items():
            if before.products.get(product_id) != product:
                self._put("products", product_id, _product_file(product), mode=_mode(product))
        for product_id, lease in after.leases.items():
            if before.leases.get(product_id) != lease:
                self._put("leases", product_id, _lease_file(lease))
        for kind, old, new in (
            ("leases", before.leases, after.leases),
            ("products", before.products, after.products),
        ):
            self._remove(kind, old, new)
        if after.machine is not None and after.machine != before.machine:
            write_atomically(self._folder / "machine.json", _encoded(MachineFile.of(after.machine)))

    def _put(self, kind: str, name: UUID, value: Struct, *, mode: int = PUBLIC) -> None:
        write_atomically(self._folder / kind / f"{name}.json", _encoded(value), mode=mode)

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
        found = msgspec.json.decode(read_file(path, limit=_CATALOG_LIMIT) or b"", type=_AnyFormat).format
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if found > _FORMAT:
        raise LocalFault(
            Code.HOME_UNUSABLE,
            f"{path} was written by a newer version of Tenure (format {found}; this one knows {_FORMAT}).",
            "Use the newer version, here too.",
        )


def _decoded(path: Path, type_: type[S]) -> S | None:
    data = read_file(path, limit=_LIMIT)
    return msgspec.json.decode(data, type=type_) if data is not None else None


def _encoded(value: Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _read_machine(path: Path) -> Machine | None:
    found = _decoded(path, MachineFile)
    return found.machine if found is not None else None


def _read_product(path: Path) -> InstalledProduct | None:
    found = _decoded(path, _ProductFile)
    if found is None:
        return None
    parse(found.key)
    _check_name(path, found.product_id)
    return InstalledProduct(
        product_id=found.product_id,
        publisher_id=found.publisher_id,
        key=found.key,
        key_installed_at=found.key_installed_at,
        order=found.order,
    )


def _product_file(product: InstalledProduct) -> _ProductFile:
    return _ProductFile(
        format=_FORMAT,
        product_id=product.product_id,
        publisher_id=product.publisher_id,
        key=product.key,
        key_installed_at=product.key_installed_at,
        order=product.order,
    )


def _mode(product: InstalledProduct) -> int:
    return PUBLIC if parse(product.key).type is KeyType.GENERIC else SECRET


def _read_lease(path: Path) -> HeldLease | None:
    found = _decoded(path, _LeaseFile)
    if found is None:
        return None
    return HeldLease(
        lease=found.lease,
        certificate=found.certificate,
        draw=found.draw,
        host=parse_host(found.host),
        found=found.found,
    )


def _lease_file(lease: HeldLease) -> _LeaseFile:
    return _LeaseFile(
        format=_FORMAT,
        lease=lease.lease,
        certificate=lease.certificate,
        draw=lease.draw,
        host=lease.host.url,
        found=lease.found,
    )


def _read_catalogs(path: Path) -> TrustedCatalogs | None:
    data = read_file(path, limit=_CATALOG_LIMIT)
    if data is None:
        return None
    trusted = first_catalogs(catalogs_in(data))
    _check_name(path, trusted.newest.publisher_id)
    return trusted


def _named(path: Path) -> UUID:
    return as_uuid(path.stem, "the name of the file")


def _check_name(path: Path, expected: UUID) -> None:
    if path.stem != str(expected):
        raise Untrusted(Code.STATE_DAMAGED, f"it is about {expected}, not what its name says.")
