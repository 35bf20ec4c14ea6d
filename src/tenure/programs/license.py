"""The library face: `from tenure import License`, for the products themselves.

`check` and `allows` need no network, write nothing and never fail: whatever is wrong is in the answer. Documents are
verified when their files change, not at each call. Activation and renewal talk to hosts, take as long as those do, and
raise what went wrong.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from tenure.adapters.files.atomic import unusable
from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.files.keys import load_public_key
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.fingerprint import HOME_ID, MACHINE_ID, read_installation
from tenure.adapters.os.home import Home, homes_to_read
from tenure.client.license_check import LicenseCheck, Proven, license_check, nothing_proven, proven
from tenure.core.errors import Code, LocalFault, TenureError, UsageError
from tenure.wire.keys import PublicKey, public_key_from_jwk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.core.clock import Clock
    from tenure.programs.client import Attempt

RootKey: TypeAlias = Mapping[str, object] | str | os.PathLike[str]
"""The publisher's public root key: a JWK, the JSON text of one, or the path of a file that holds it."""

_Facts: TypeAlias = tuple[int, int, int, int] | None
"""Time of change of content and of rights, size and inode of a file; None: it is not to be seen."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was verified, and the files that it came from as they were before they were read."""

    home: Home
    facts: Mapping[Path, _Facts]
    holds: Proven

    @property
    def fresh(self) -> bool:
        """Whether none of the files has changed since."""
        return all(_facts(path) == before for path, before in self.facts.items())


class License:
    """A product's license on this machine. Threads may share one; make it once and keep it."""

    def __init__(
        self,
        *,
        root_key: RootKey,
        product_id: UUID | str,
        home: str | os.PathLike[str] | None = None,
        clock: Clock = system_clock,
    ) -> None:
        """`root_key` is the only root that is trusted; `home` is where state lives, instead of the usual places.

        `clock` gives Unix seconds: a product's own tests can look at day 181 with another one.

        Raises:
            UsageError: code `invalid_argument`, when there is no such file, it is no JSON, or the id is no UUID.
            Untrusted: code `document_malformed`, when it is no public Ed25519 JWK.
        """
        self._root_kid = _root(root_key).kid
        self._product_id = _product(product_id)
        self._homes = homes_to_read(Path(home) if home is not None else None)
        self._clock = clock
        self._known: _Known | None = None

    @property
    def product_id(self) -> UUID:
        """The product that this license is of."""
        return self._product_id

    def check(self) -> LicenseCheck:
        """The license now, from the first home that has a key for this product; never raises for what it finds there.

        Homes are looked through in this order: `home` alone if it was given, else `$TENURE_HOME`, the user's own, the
        system's. A state that cannot be read is `unlicensed`, and its `reason` is an error's code.
        """
        return license_check(self._holds(), self._clock())

    def allows(self, feature: str) -> bool:
        """Whether the feature runs now, by the catalog; ask `check().allows` for several at one moment.

        A feature that the catalog does not name runs until `reduced_functionality`. Without a key none runs.
        """
        return self.check().allows(feature)

    async def activate(self, *, wait: float = 0) -> LicenseCheck:
        """As `activate_sync`, in a thread; one that is canceled still ends by itself."""
        from asyncio import to_thread  # noqa: PLC0415 - most products never wait, and asyncio takes long to import

        return await to_thread(self.activate_sync, wait=wait)

    async def renew(self) -> LicenseCheck:
        """As `renew_sync`, in a thread."""
        from asyncio import to_thread  # noqa: PLC0415 - as above

        return await to_thread(self.renew_sync)

    def activate_sync(self, *, wait: float = 0) -> LicenseCheck:
        """The license after a host granted a lease; hosts are asked for `wait` seconds, at least once.

        With a MAK or a retail key its publisher is asked instead, for a grant.

        Raises:
            UsageError: code `not_set_up`, when no key or no host is set.
            Refused: a rule of the host says no; `count_insufficient` when the threshold is not reached yet, `key_limit`
                when the key is used up.
            Unavailable: no host answered, or not the publisher.
            Untrusted: an answer did not verify.
            LocalFault: the home cannot be written.
        """
        from tenure.programs import client  # noqa: PLC0415 - brings HTTP, which `check` does without

        return self._after(
            client.activate(
                self._own_home(),
                product=str(self._product_id),
                seconds=wait,
                warn=_tell_nobody,
                tell=_tell_nobody,
            )
        )

    def renew_sync(self) -> LicenseCheck:
        """The license after its lease was renewed; whatever happens, the present lease still counts.

        Raises:
            UsageError: also `not_available`, when a MAK or a retail key is installed: there is nothing to renew.
            As `activate_sync`.
        """
        from tenure.programs import client  # noqa: PLC0415 - as above

        return self._after(
            client.renew(
                self._own_home(), product=str(self._product_id), warn=_tell_nobody, tell=_tell_nobody
            )
        )

    def _after(self, attempts: Sequence[Attempt]) -> LicenseCheck:
        from tenure.client.activation import StillShort  # noqa: PLC0415 - as above

        (attempt,) = attempts
        if isinstance(attempt.outcome, StillShort):
            raise attempt.outcome.refusal()
        if isinstance(attempt.outcome, TenureError):
            raise attempt.outcome
        return self.check()

    def _own_home(self) -> Home:
        home, denied = self._find()
        if home is None:
            raise denied or UsageError(
                Code.NOT_SET_UP,
                f"No key is installed for product {self._product_id}.",
                "tenure client install-key KEY --catalog FILE",
                hresult="0xC004F014",
            )
        return home

    def _find(self) -> tuple[Home | None, LocalFault | None]:
        """The first home with a key for this product; without one, why a home could not be looked into, if any."""
        denied: LocalFault | None = None
        for home in self._homes:
            path = self._file(home, "products")
            try:
                path.stat()
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                # Not ours to see, such as root's own home for a service: the next one may have the key.
                denied = denied or unusable(path, error)
                continue
            return home, None
        return None, denied

    def _holds(self) -> Proven:
        """What the files prove, from memory as long as they are the same."""
        home, denied = self._find()
        if home is None:
            return nothing_proven(self._product_id, denied)
        known = self._known
        if known is None or known.home != home or not known.fresh:
            try:
                known = self._read(home)
            except LocalFault as fault:
                # Not kept: it may pass without any file having changed.
                return nothing_proven(self._product_id, fault)
            # One assignment: threads that read at the same time read the same.
            self._known = known
        return known.holds

    def _read(self, home: Home) -> _Known:
        folder = home.client
        catalogs, revocations = folder / "catalogs", folder / "revocations"
        watched = (
            self._file(home, "products"),
            self._file(home, "leases"),
            self._file(home, "grants"),
            folder / "machine.json",
            folder / HOME_ID,
            MACHINE_ID,
            catalogs,
            *_publisher_files(catalogs),
            revocations,
            *_publisher_files(revocations),
        )
        # Looked at before anything is read: what changes meanwhile is read again next time.
        facts = {path: _facts(path) for path in watched}
        store = FileClientStore(folder)
        state = store.load_product(self._product_id)
        installation = read_installation(folder)
        holds = proven(
            state,
            self._product_id,
            root_kid=self._root_kid,
            fingerprint_of=lambda publisher: installation.fingerprint(publisher) if installation else None,
            damage="; ".join(map(str, store.damaged)) or None,
        )
        return _Known(home, facts, holds)

    def _file(self, home: Home, kind: str) -> Path:
        return home.client / kind / f"{self._product_id}.json"


def _publisher_files(folder: Path) -> list[Path]:
    try:
        return list(folder.glob("*.json"))
    except OSError as error:
        raise unusable(folder, error) from error


def _facts(path: Path) -> _Facts:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _root(root_key: RootKey) -> PublicKey:
    if isinstance(root_key, Mapping):
        return public_key_from_jwk(dict(root_key))
    if not isinstance(root_key, str) or not root_key.lstrip().startswith("{"):
        return load_public_key(Path(root_key))
    try:
        members = json.loads(root_key)
    except (ValueError, RecursionError) as error:
        raise UsageError(Code.INVALID_ARGUMENT, "The root key is no JWK: it is not JSON.") from error
    return public_key_from_jwk(members)


def _product(product_id: UUID | str) -> UUID:
    try:
        return product_id if isinstance(product_id, UUID) else UUID(product_id)
    except ValueError as error:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"{str(product_id)[:100]!r} is no product id, a UUID."
        ) from error


def _tell_nobody(_what: object) -> None:
    """A library prints nothing."""
