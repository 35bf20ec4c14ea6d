"""What hosts and clients say of themselves: refusals, DNS, clients' attempts, and the texts of slmgr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tenure.microsoft.events import (
    ClientAnswer,
    ClientRequest,
    DirectoryActivation,
    DnsPublication,
    HostTrouble,
)
from tenure.microsoft.license_snapshot import STATES, RequestCounters
from tenure.microsoft.report_codes import flags, hresult, meaning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenure.microsoft.events import Happening
    from tenure.microsoft.fleet import Fleet
    from tenure.microsoft.license_snapshot import LicenseSnapshot

ANSWER_WITHIN_S: Final = 300
"""An answer is checked seconds after the request was sent; a later one belongs to another."""


class Refusal(Struct, frozen=True):
    """One code, seen by hosts or by clients."""

    code: str
    seen_by: str
    """`host`: the host refused the request; `client`: the machine's own log says so."""
    requests: int
    machines: int
    first_seen: int
    last_seen: int
    example: str
    cause: str
    cure: str


class Client(Struct, frozen=True):
    """The last attempt that a machine's own log tells of."""

    name: str
    at: int
    server: str
    code: str
    answered: bool
    """Whether a 12289 followed: without one the host was not reached, or did not answer."""
    activated: bool | None
    count: int | None
    """The host's count, as the machine was told."""
    notes: tuple[str, ...]
    cause: str
    cure: str


class DnsState(Struct, frozen=True):
    """The last publication of a host in one domain."""

    host: str
    domain: str
    at: int
    published: bool
    code: str
    cause: str
    cure: str


class Trouble(Struct, frozen=True):
    """A host's service that could not start its work."""

    host: str
    at: int
    event_id: int
    code: str


class Snapshot(Struct, frozen=True):
    """The newest text or object of one product of one machine."""

    name: str
    taken_at: int
    product: str
    channel: str
    license_status: str | None
    reason: str | None
    minutes_remaining: int | None
    cmid: str | None
    kms_host: str | None
    directory_object: str | None
    is_host: bool
    count: int | None
    port: int | None
    dns_publishing: bool | None
    counters: RequestCounters | None
    cause: str | None
    cure: str | None


class Directory(Struct, frozen=True):
    """Activations through Active Directory, which no host counts."""

    machines: int
    last_seen: int | None


def refusals(fleet: Fleet, happenings: Iterable[Happening]) -> list[Refusal]:
    """All codes but success, by whom they were seen; the most frequent first."""
    found = [
        _refusal(
            code,
            "host",
            requests=seen.requests,
            machines=len(seen.cmids),
            times=(seen.first, seen.last),
            example=seen.example,
        )
        for code, seen in fleet.refused.items()
    ]
    by_code: dict[int, list[ClientRequest | ClientAnswer]] = {}
    for one in happenings:
        if isinstance(one, (ClientRequest, ClientAnswer)) and one.hresult and one.at <= fleet.at:
            by_code.setdefault(one.hresult, []).append(one)
    for code, events in by_code.items():
        names = {event.computer for event in events}
        times = (min(event.at for event in events), max(event.at for event in events))
        found.append(
            _refusal(
                code, "client", requests=len(events), machines=len(names), times=times, example=min(names)
            )
        )
    return sorted(found, key=lambda refusal: (-refusal.requests, refusal.code, refusal.seen_by))


def clients(happenings: Iterable[Happening], at: int) -> list[Client]:
    """The last attempt of each machine whose own log was imported; those that failed first."""
    sent: dict[str, ClientRequest] = {}
    answers: dict[str, list[ClientAnswer]] = {}
    for one in happenings:
        if one.at > at:
            continue
        if isinstance(one, ClientRequest):
            known = sent.get(one.computer)
            if known is None or (one.at, one.sku, one.hresult) > (known.at, known.sku, known.hresult):
                sent[one.computer] = one
        elif isinstance(one, ClientAnswer):
            answers.setdefault(one.computer, []).append(one)
    found = [_client(request, answers.get(name, [])) for name, request in sent.items()]
    return sorted(found, key=lambda client: (client.activated is True, client.name))


def dns_states(happenings: Iterable[Happening], at: int) -> list[DnsState]:
    """Whether each host's last publication in each domain succeeded; failures first."""
    newest: dict[tuple[str, str], DnsPublication] = {}
    for one in happenings:
        if isinstance(one, DnsPublication) and one.at <= at:
            key = (one.computer, one.domain)
            if key not in newest or (one.at, one.hresult) > (newest[key].at, newest[key].hresult):
                newest[key] = one
    found = []
    for (host, domain), one in newest.items():
        told = meaning(one.hresult)
        found.append(
            DnsState(
                host,
                domain,
                one.at,
                not one.hresult,
                hresult(one.hresult),
                told.cause if one.hresult else "",
                told.cure if one.hresult else "",
            )
        )
    return sorted(found, key=lambda state: (state.published, state.host, state.domain))


def troubles(happenings: Iterable[Happening], at: int) -> list[Trouble]:
    """Hosts whose service could not start its work, newest first."""
    found = [
        Trouble(one.computer, one.at, one.event_id, hresult(one.hresult))
        for one in happenings
        if isinstance(one, HostTrouble) and one.at <= at
    ]
    return sorted(found, key=lambda trouble: (-trouble.at, trouble.host, trouble.event_id))


def directory(happenings: Iterable[Happening], at: int) -> Directory:
    """How many machines were activated through Active Directory, as their logs tell."""
    seen = [one for one in happenings if isinstance(one, DirectoryActivation) and one.at <= at]
    return Directory(len({one.computer for one in seen}), max((one.at for one in seen), default=None))


def newest_snapshots(snapshots: Iterable[LicenseSnapshot], at: int) -> list[Snapshot]:
    """The newest of each machine and product; hosts first."""
    newest: dict[tuple[str, str], LicenseSnapshot] = {}
    for one in snapshots:
        key = (one.name.lower(), one.activation_id or one.product)
        known = newest.get(key)
        if one.taken_at <= at and (known is None or _age(one) > _age(known)):
            newest[key] = one
    found = [_snapshot(one) for one in newest.values()]
    return sorted(found, key=lambda one: (not one.is_host, one.name.lower(), one.product))


def _age(snapshot: LicenseSnapshot) -> tuple[int, str]:
    return snapshot.taken_at, repr(snapshot)


def _refusal(
    code: int, seen_by: str, *, requests: int, machines: int, times: tuple[int, int], example: str
) -> Refusal:
    told = meaning(code)
    return Refusal(
        hresult(code), seen_by, requests, machines, times[0], times[1], example, told.cause, told.cure
    )


def _client(request: ClientRequest, answers: Iterable[ClientAnswer]) -> Client:
    after = [answer for answer in answers if 0 <= answer.at - request.at <= ANSWER_WITHIN_S]
    answer = min(after, key=lambda answer: (answer.at, answer.hresult), default=None)
    code = request.hresult or (answer.hresult if answer else 0)
    if answer is None and not code:
        cause = "the host did not answer"
        cure = "Check TCP 1688 and the host's service; look for a 12290 of this machine on the host."
    elif code:
        told = meaning(code)
        cause, cure = told.cause, told.cure
    else:
        cause = cure = ""
    return Client(
        name=request.computer,
        at=request.at,
        server=request.server,
        code=hresult(code),
        answered=answer is not None,
        activated=answer.activated if answer else None,
        count=answer.count if answer else None,
        notes=tuple(flags(request.flags | (answer.flags if answer else 0))),
        cause=cause,
        cure=cure,
    )


def _snapshot(one: LicenseSnapshot) -> Snapshot:
    code = one.error or one.reason
    told = meaning(code) if code else None
    return Snapshot(
        name=one.name,
        taken_at=one.taken_at,
        product=one.product,
        channel=one.channel,
        license_status=None if one.state is None else STATES[one.state],
        reason=hresult(code) if code else None,
        minutes_remaining=one.minutes,
        cmid=one.cmid or None,
        kms_host=one.kms_host or None,
        directory_object=one.directory_object or None,
        is_host=one.is_host,
        count=one.count,
        port=one.port,
        dns_publishing=one.dns_publishing,
        counters=one.counters,
        cause=told.cause if told else None,
        cure=told.cure if told else None,
    )
