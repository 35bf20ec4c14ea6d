"""machine.json: what a machine keeps whatever its products. Fields are append-only; one that is missing has its default."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from tenure.client.host_address import parse_host
from tenure.client.state import FoundHost, Machine
from tenure.wire.claims import END, Fingerprint, Seconds
from tenure.wire.srv_label import DEFAULT_LABEL

# What stands here is printed: nothing that steers a terminal gets through.
_Domain: TypeAlias = Annotated[str, Meta(pattern=f"^[a-z0-9_.-]{{0,253}}{END}")]
_Label: TypeAlias = Annotated[str, Meta(pattern=f"^[a-z0-9_-]{{1,63}}{END}")]
_Sha256: TypeAlias = Annotated[str, Meta(pattern=f"^([0-9a-f]{{64}})?{END}")]
_Server: TypeAlias = Annotated[str, Meta(pattern=rf"^[0-9A-Za-z:.\[\]%_-]{{0,80}}{END}")]


class FoundHostFile(Struct, frozen=True, kw_only=True):
    """The host that answered last."""

    host: str
    domain: _Domain
    priority: Annotated[int, Meta(ge=0, le=65_535)]


class MachineFile(Struct, frozen=True, kw_only=True):
    """A machine as it stands in its file."""

    format: Literal[1]
    machine_id: UUID
    hosts: tuple[str, ...] = ()
    highest_seen: Seconds = 0
    epochs: dict[UUID, Seconds] = {}
    fingerprints: dict[UUID, Fingerprint] = {}
    keys_removed: dict[UUID, Seconds] = {}
    lookup_domain: _Domain = ""
    srv_label: _Label = DEFAULT_LABEL
    dns_server: _Server = ""
    host_caching: bool = True
    found_host: FoundHostFile | None = None
    tls_required: bool = False
    own_ca: _Sha256 = ""

    @classmethod
    def of(cls, machine: Machine) -> MachineFile:
        """The file of a machine."""
        found = machine.found_host
        return cls(
            format=1,
            machine_id=machine.machine_id,
            hosts=tuple(host.typed for host in machine.hosts),
            highest_seen=machine.highest_seen,
            epochs=dict(machine.epochs),
            fingerprints=dict(machine.fingerprints),
            keys_removed=dict(machine.keys_removed),
            lookup_domain=machine.lookup_domain,
            srv_label=machine.srv_label,
            dns_server=machine.dns_server,
            host_caching=machine.host_caching,
            tls_required=machine.tls_required,
            own_ca=machine.own_ca,
            found_host=FoundHostFile(host=found.host.typed, domain=found.domain, priority=found.priority)
            if found is not None
            else None,
        )

    @property
    def machine(self) -> Machine:
        """The machine of this file.

        Raises:
            UsageError: a host in it is none.
        """
        found = self.found_host
        return Machine(
            machine_id=self.machine_id,
            hosts=tuple(parse_host(host) for host in self.hosts),
            highest_seen=self.highest_seen,
            epochs=self.epochs,
            fingerprints=self.fingerprints,
            keys_removed=self.keys_removed,
            lookup_domain=self.lookup_domain,
            srv_label=self.srv_label,
            dns_server=self.dns_server,
            host_caching=self.host_caching,
            tls_required=self.tls_required,
            own_ca=self.own_ca,
            found_host=FoundHost(host=parse_host(found.host), domain=found.domain, priority=found.priority)
            if found is not None
            else None,
        )
