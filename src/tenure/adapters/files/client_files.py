"""The form of each of a machine's state files (`client_store` says where they lie), read and written.

A file names its format. Members that this version does not know are ignored; new ones have a default. What is no such
file raises what msgspec raises, a `ValueError` or a `TenureError`; of a file that is not there nothing is read (None).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.adapters.files.atomic import read_file
from tenure.adapters.files.client_machine import MachineFile
from tenure.client.host_address import parse_host
from tenure.client.state import HeldGrant, HeldLease, InstalledProduct
from tenure.core.errors import Code, LocalFault, Untrusted
from tenure.core.product_key import GROUP_LENGTH, KeyType, ProductKey, parse
from tenure.wire.claims import Seconds, as_uuid
from tenure.wire.jws import MAX_DOCUMENT, MAX_LIST_DOCUMENT, Typ, read
from tenure.wire.revocation import revocations_in, revocations_of
from tenure.wire.trust import TrustedCatalogs, catalogs_in, first_catalogs

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.client.state import Machine

FORMAT: Final = 1
CATALOG_LIMIT: Final = 64 * 1024 * 1024
_KNOWN_LISTS: Final = 4
"""Publishers whose verified catalogs are kept; few machines have products of more."""
_LIMIT: Final = 1024 * 1024
"""Bytes of a state file; a real one has under 2,000."""
_LIST_LIMIT: Final = MAX_LIST_DOCUMENT + 1024
"""Bytes of a revocation list as it travels."""


class _Versioned(Struct, frozen=True, kw_only=True):
    """What every state file begins with."""

    format: Literal[1]


class _ProductFile(_Versioned, frozen=True, kw_only=True):
    product_id: UUID
    publisher_id: UUID
    key: Annotated[str, Meta(min_length=GROUP_LENGTH, max_length=64)]
    key_installed_at: Seconds
    order: Annotated[int, Meta(ge=0)]
    key_type: Annotated[str, Meta(pattern="^(generic|mak|retail)$")] = "generic"


class _KeyFile(_Versioned, frozen=True, kw_only=True):
    key: str


class _LeaseFile(_Versioned, frozen=True, kw_only=True):
    lease: Annotated[str, Meta(max_length=MAX_DOCUMENT)]
    certificate: Annotated[str, Meta(max_length=MAX_DOCUMENT)]
    draw: Annotated[float, Meta(ge=0, lt=1)]
    host: str
    found: bool = False


class _GrantFile(_Versioned, frozen=True, kw_only=True):
    grant: Annotated[str, Meta(max_length=MAX_DOCUMENT)]
    change_noted_at: Seconds | None = None


S = TypeVar("S", bound=Struct)


def _decoded(path: Path, type_: type[S]) -> S | None:
    data = read_file(path, limit=_LIMIT)
    return msgspec.json.decode(data, type=type_) if data is not None else None


def encoded(value: Struct) -> bytes:
    """What stands in the file."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def read_machine(path: Path) -> Machine | None:
    """`machine.json` (`client_machine` says what stands in it)."""
    found = _decoded(path, MachineFile)
    return found.machine if found is not None else None


def read_product(path: Path) -> InstalledProduct | None:
    """An installed key, as anybody may see it."""
    found = _decoded(path, _ProductFile)
    if found is None:
        return None
    kind = KeyType[found.key_type.upper()]
    if kind is KeyType.GENERIC:
        parse(found.key)
    _check_name(path, found.product_id)
    return InstalledProduct(
        product_id=found.product_id,
        publisher_id=found.publisher_id,
        key=found.key,
        key_installed_at=found.key_installed_at,
        order=found.order,
        key_type=kind,
    )


def product_file(product: InstalledProduct) -> _ProductFile:
    """The same as it is written."""
    return _ProductFile(
        format=FORMAT,
        product_id=product.product_id,
        publisher_id=product.publisher_id,
        key=product.key,
        key_installed_at=product.key_installed_at,
        order=product.order,
        key_type=product.key_type.label,
    )


def read_key(path: Path) -> ProductKey | None:
    """A secret key; None for those who may not read it."""
    try:
        found = _decoded(path, _KeyFile)
    except LocalFault as fault:
        if isinstance(fault.__cause__, PermissionError):
            # Somebody else's secret: what is licensed can be told without it.
            return None
        raise
    return parse(found.key) if found is not None else None


def key_file(key: ProductKey) -> _KeyFile:
    """The same as it is written."""
    return _KeyFile(format=FORMAT, key=key.text)


def read_lease(path: Path) -> HeldLease | None:
    """A lease and the certificate that carries it."""
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


def lease_file(lease: HeldLease) -> _LeaseFile:
    """The same as it is written."""
    return _LeaseFile(
        format=FORMAT,
        lease=lease.lease,
        certificate=lease.certificate,
        draw=lease.draw,
        host=lease.host.typed,
        found=lease.found,
    )


def read_grant(path: Path) -> HeldGrant | None:
    """A grant."""
    found = _decoded(path, _GrantFile)
    return HeldGrant(grant=found.grant, change_noted_at=found.change_noted_at) if found is not None else None


def grant_file(grant: HeldGrant) -> _GrantFile:
    """The same as it is written."""
    return _GrantFile(format=FORMAT, grant=grant.grant, change_noted_at=grant.change_noted_at)


def read_catalogs(path: Path) -> TrustedCatalogs | None:
    """A publisher's catalogs, verified from the first on."""
    data = read_file(path, limit=CATALOG_LIMIT)
    if data is None:
        return None
    trusted = _verified(data)
    _check_name(path, trusted.newest.publisher_id)
    return trusted


@lru_cache(_KNOWN_LISTS)
def _verified(data: bytes) -> TrustedCatalogs:
    """The same bytes are as true the second time: an agent reads its state several times for each contact."""
    return first_catalogs(catalogs_in(data))


def read_revocations(path: Path) -> str | None:
    """The list's token: well-formed, and verified where it is used."""
    data = read_file(path, limit=_LIST_LIMIT)
    if data is None:
        return None
    token = revocations_in(data)
    _check_name(path, revocations_of(read(token, Typ.REVOCATION).claims).publisher_id)
    return token


def named_id(path: Path) -> UUID:
    """The id that a file is named by."""
    return as_uuid(path.stem, "the name of the file")


def _check_name(path: Path, expected: UUID) -> None:
    if path.stem != str(expected):
        raise Untrusted(Code.STATE_DAMAGED, f"it is about {expected}, not what its name says.")
