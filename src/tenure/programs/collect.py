"""Asking publishers for machines and hosts that cannot: from a folder of requests to one file of confirmations."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenure.adapters.http.publisher_client import PublisherClient
from tenure.core.errors import Refused, TenureError, Unavailable, Untrusted
from tenure.programs.answering import AnsweredParcel, answer_each, confirmations_of, found_in_folder
from tenure.programs.catalog_files import find_catalog
from tenure.programs.contact import reaching_publisher, trust_for_publisher
from tenure.programs.parcels import deliver
from tenure.wire.parcel import CarriedRequest
from tenure.wire.request import request_of
from tenure.wire.revocation import revokes_anything

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.http.client import HttpClient
    from tenure.adapters.os.home import Home
    from tenure.programs.answering import Answered, Found
    from tenure.wire.enrolment import HostActivated, MachineActivated
    from tenure.wire.parcel import Form


def collect(
    home: Home,
    folder: Path,
    *,
    out: Path,
    form: Form | None,
    publisher_url: str | None,
    progress: Callable[[int, int], None],
    ca: str | None = None,
) -> AnsweredParcel:
    """The publishers of all requests in the folder's files were asked, and what they answered is in the file.

    Each is asked at `publisher_url`, else where its catalog says that lies in this home, the system's folder or
    `$TENURE_CATALOG`: never where a request in the folder might want it. `progress` hears how many are done, of how many.
    From now on the authorities in the file `ca` are trusted for the TLS of publishers that are asked from this home.

    Raises:
        UsageError: code `invalid_argument`, when the folder has no file, or too many, or the CA file no certificate.
        LocalFault: it cannot be read, or `out` cannot be written.
    """
    found = found_in_folder(folder)
    trust_for_publisher(home.client, ca)
    with reaching_publisher(home.client) as http:
        publishers = _Publishers(home, http, publisher_url)
        answered = []
        for one in answer_each(found, publishers.ask):
            answered.append(one)
            progress(len(answered), len(found))
        parcel = confirmations_of(answered, *publishers.published(found, answered))
    return AnsweredParcel(answered, deliver(parcel, out, form) if parcel else None)


@dataclass
class _Publishers:
    """The publishers that requests name, each looked for once."""

    home: Home
    http: HttpClient
    url: str | None
    _known: dict[UUID, PublisherClient] = field(default_factory=dict)

    def ask(self, carried: CarriedRequest) -> HostActivated | MachineActivated:
        """A host asks its publisher; a machine asks for a product."""
        publisher = self._publisher(carried.publisher_id)
        if request_of(carried.request).audience == carried.publisher_id:
            return publisher.activate_host(carried.request)
        return publisher.activate_machine(carried.request)

    def published(self, found: Sequence[Found], answered: Sequence[Answered]) -> tuple[list[str], list[str]]:
        """Of each publisher that answered, the catalogs that some asker does not have, and its list if it revokes anything."""
        seqs: dict[UUID, int] = {}
        for one, done in zip(found, answered, strict=True):
            silent = isinstance(done.outcome, TenureError) and not isinstance(done.outcome, Refused)
            if isinstance(one.content, CarriedRequest) and not silent:
                publisher_id = one.content.publisher_id
                seqs[publisher_id] = min(
                    one.content.catalog_seq, seqs.get(publisher_id, one.content.catalog_seq)
                )
        catalogs: list[str] = []
        lists: list[str] = []
        for publisher_id, seq in seqs.items():
            publisher = self._publisher(publisher_id)
            # It has answered all the same: its grants are judged by what their askers know.
            with suppress(Refused, Unavailable, Untrusted):
                catalogs += publisher.catalogs(publisher_id, after=seq)
                listed = publisher.revocations(publisher_id)
                if listed is not None and revokes_anything(listed):
                    lists.append(listed)
        return catalogs, lists

    def _publisher(self, publisher_id: UUID) -> PublisherClient:
        if publisher_id not in self._known:
            self._known[publisher_id] = PublisherClient(self.url or self._address(publisher_id), self.http)
        return self._known[publisher_id]

    def _address(self, publisher_id: UUID) -> str | None:
        found = find_catalog(None, [self.home], lambda catalog: catalog.publisher_id == publisher_id)
        if found is None or found.claimed.publisher_id != publisher_id:
            return None
        return found.claimed.publisher_url
