"""A publisher's store in memory: for tests and rehearsals, held to the same contract as the real one."""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tenure.core.enrolment import Installation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from tenure.core.revocation import Revocable, Revocation
    from tenure.publisher.store import Holder, IssuedKey, Rows, StoredAnswer


@dataclass
class MemoryRows:
    """Rows in dictionaries."""

    id: UUID | None = None
    tokens: tuple[str, ...] = ()
    issued: dict[str, IssuedKey] = field(default_factory=dict)
    held: dict[str, dict[UUID, Holder]] = field(default_factory=dict)
    answers: dict[str, StoredAnswer] = field(default_factory=dict)
    revoked: dict[tuple[Revocable, str], Revocation] = field(default_factory=dict)
    signed_list: str | None = None
    audited: list[tuple[int, str, str]] = field(default_factory=list)

    def publisher_id(self) -> UUID | None:
        """Who the publisher is."""
        return self.id

    def set_publisher_id(self, publisher_id: UUID) -> None:
        """The publisher is this one."""
        self.id = publisher_id

    def catalogs(self) -> tuple[str, ...]:
        """The catalogs as they travel."""
        return self.tokens

    def save_catalogs(self, tokens: Sequence[str]) -> None:
        """The catalogs are these."""
        self.tokens = tuple(tokens)

    def add_key(self, key: IssuedKey) -> None:
        """The key was issued."""
        self.issued[key.key_id] = key

    def key(self, key_id: str) -> IssuedKey | None:
        """The key that was issued under this id."""
        return self.issued.get(key_id)

    def issued_keys(self) -> Sequence[IssuedKey]:
        """All keys, oldest first."""
        return list(self.issued.values())

    def used(self, key_id: str) -> int:
        """How many places of a key are taken."""
        return len(self.held.get(key_id, {}))

    def block_key(self, key_id: str) -> None:
        """The key of this id activates nothing any more."""
        self.issued[key_id] = replace(self.issued[key_id], blocked=True)

    def holders(self, key_id: str) -> Sequence[Holder]:
        """Who holds activations of a key."""
        return list(self.held.get(key_id, {}).values())

    def installation(self, key_id: str, fingerprint: str) -> Holder | None:
        """Which installation with this fingerprint holds an activation of a key."""
        for holder in self.holders(key_id):
            if isinstance(holder.seat, Installation) and holder.seat.fingerprint == fingerprint:
                return holder
        return None

    def holder(self, activation_id: UUID) -> tuple[Holder, IssuedKey] | None:
        """Who holds this activation, and of which key."""
        for key_id, held in self.held.items():
            if activation_id in held:
                return held[activation_id], self.issued[key_id]
        return None

    def save_holder(self, key_id: str, holder: Holder) -> None:
        """The holder's activation stands."""
        self.held.setdefault(key_id, {})[holder.activation_id] = holder

    def remove_holder(self, activation_id: UUID) -> None:
        """The place is free again."""
        for held in self.held.values():
            held.pop(activation_id, None)

    def free_places(self, host_id: UUID) -> int:
        """The host holds no activation of any key; how many it held."""
        freed = 0
        for holders in self.held.values():
            for activation_id in [a for a, holder in holders.items() if holder.sub == host_id]:
                del holders[activation_id]
                freed += 1
        return freed

    def revoke(self, revocation: Revocation) -> None:
        """The subject is revoked so."""
        self.revoked[revocation.kind, revocation.subject] = revocation

    def revocation(self, kind: Revocable, subject: str) -> Revocation | None:
        """How the subject is revoked."""
        return self.revoked.get((kind, subject))

    def revocations(self) -> Sequence[Revocation]:
        """All that is revoked, in the order in which it first was."""
        return list(self.revoked.values())

    def revocation_list(self) -> str | None:
        """The newest signed list."""
        return self.signed_list

    def save_revocation_list(self, token: str) -> None:
        """The newest signed list is this one."""
        self.signed_list = token

    def answer(self, request_id: str) -> StoredAnswer | None:
        """What the request of this id was answered."""
        return self.answers.get(request_id)

    def save_answer(self, request_id: str, answer: StoredAnswer) -> None:
        """The request of this id was answered."""
        self.answers[request_id] = answer

    def audit(self, at: int, action: str, subject: str) -> None:
        """Somebody did something."""
        self.audited.append((at, action, subject))


class MemoryPublisherStore:
    """A store that forgets everything when its process ends."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self.rows = MemoryRows()
        self._turn = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Rows to read and write; an error undoes what was written."""
        with self._turn:
            before = copy.deepcopy(self.rows)
            try:
                yield self.rows
            except BaseException:
                self.rows = before
                raise

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Rows to read."""
        with self._turn:
            yield copy.deepcopy(self.rows)
