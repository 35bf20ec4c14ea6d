"""A publisher's store in memory: for tests and rehearsals, held to the same contract as the real one."""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID

from tenure.core.enrolment import Installation
from tenure.publisher.audit import BEFORE_THE_FIRST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenure.core.revocation import Revocable, Revocation
    from tenure.publisher.audit import AuditHead, AuditRow, Folded
    from tenure.publisher.store import Holder, IssuedKey, Rows, StoredAnswer
    from tenure.publisher.tokens import ApiToken


@dataclass
class MemoryRows:
    """Rows in dictionaries."""

    id: UUID | None = None
    catalog_tokens: tuple[str, ...] = ()
    issued: dict[str, IssuedKey] = field(default_factory=dict)
    held: dict[str, dict[UUID, Holder]] = field(default_factory=dict)
    answers: dict[str, StoredAnswer] = field(default_factory=dict)
    revoked: dict[tuple[Revocable, str], Revocation] = field(default_factory=dict)
    signed_list: str | None = None
    audited: list[AuditRow] = field(default_factory=list)
    counted: dict[tuple[str, str], Folded] = field(default_factory=dict)
    api_tokens: dict[str, ApiToken] = field(default_factory=dict)

    def publisher_id(self) -> UUID | None:
        """Who the publisher is."""
        return self.id

    def set_publisher_id(self, publisher_id: UUID) -> None:
        """The publisher is this one."""
        self.id = publisher_id

    def catalogs(self) -> tuple[str, ...]:
        """The catalogs as they travel."""
        return self.catalog_tokens

    def save_catalogs(self, tokens: Sequence[str]) -> None:
        """The catalogs are these."""
        self.catalog_tokens = tuple(tokens)

    def add_key(self, key: IssuedKey) -> None:
        """The key was issued."""
        self.issued[key.key_id] = key

    def key(self, key_id: str) -> IssuedKey | None:
        """The key that was issued under this id."""
        return self.issued.get(key_id)

    def issued_keys(self, *, after: str | None = None) -> Iterator[tuple[IssuedKey, int]]:
        """All keys, oldest first, with how many of their places are taken."""
        ids = list(self.issued)
        for key_id in ids[ids.index(after) + 1 if after is not None else 0 :]:
            yield self.issued[key_id], self.used(key_id)

    def keys_beginning(self, start: str) -> Sequence[IssuedKey]:
        """The keys whose id begins so."""
        return [key for key_id, key in self.issued.items() if key_id.startswith(start)][:10]

    def keys_held_by(self, holder: str) -> Sequence[str]:
        """The ids of the keys of which a host or machine of this id or fingerprint holds an activation."""
        wanted = {holder}
        with suppress(ValueError):
            wanted.add(str(UUID(holder)))
        return [
            key_id
            for key_id, held in self.held.items()
            if any(wanted & {str(one.sub), one.seat.fingerprint} for one in held.values())
        ]

    def save_customer(self, key_id: str, customer: str, agreement: str) -> None:
        """The key is this customer's."""
        self.issued[key_id] = replace(self.issued[key_id], customer=customer, agreement=agreement)

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

    def audit_head(self) -> AuditHead:
        """The newest row's."""
        return self.audited[-1].head if self.audited else BEFORE_THE_FIRST

    def add_audit_row(self, row: AuditRow) -> None:
        """The row is the newest."""
        self.audited.append(row)

    def audit_rows(self, *, before: int | None = None, oldest_first: bool = False) -> Iterator[AuditRow]:
        """The rows, newest first unless said otherwise."""
        asked = [row for row in self.audited if before is None or row.seq < before]
        yield from asked if oldest_first else reversed(asked)

    def folded(self, action: str, subject: str) -> Folded | None:
        """What was counted of this action on this subject."""
        return self.counted.get((action, subject))

    def save_folded(self, action: str, subject: str, folded: Folded) -> None:
        """So much was counted."""
        self.counted[action, subject] = folded

    def tokens(self) -> Sequence[ApiToken]:
        """All tokens, oldest first."""
        return list(self.api_tokens.values())

    def add_token(self, token: ApiToken) -> None:
        """The token is good."""
        self.api_tokens[token.name] = token

    def remove_token(self, name: str) -> None:
        """No token has this name."""
        self.api_tokens.pop(name, None)


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
