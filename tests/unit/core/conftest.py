"""What several of these files start from: a certificate that holds."""

from __future__ import annotations

from uuid import UUID

import pytest

from tenure.core.certificate import LIFETIME_SECONDS, HostCertificate
from tenure.core.policy import DEFAULT_POLICIES, Kind


@pytest.fixture
def certificate() -> HostCertificate:
    """A certificate for workstations and servers, in [1,800,000,000, + 730 days)."""
    return HostCertificate(
        certificate_id="certificate-1",
        publisher_id=UUID(int=1),
        host_id=UUID(int=2),
        host_kid="host-kid",
        host_x="host-x",
        pools={
            "workstations": DEFAULT_POLICIES[Kind.WORKSTATION],
            "servers": DEFAULT_POLICIES[Kind.SERVER],
        },
        org="Example Works",
        agreement="A-1",
        trial=False,
        key_id="key-1",
        nonce="request-1",
        iat=1_800_000_000,
        exp=1_800_000_000 + LIFETIME_SECONDS,
    )
