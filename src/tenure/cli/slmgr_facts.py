"""What `tenure slmgr --json` tells beside the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure.cli.client.telling import status_json
from tenure.cli.printing import error_json, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.host.licenses import HostLicenses
    from tenure.programs.slmgr import Activation
    from tenure.programs.slmgr_licenses import Licenses


def activation_facts(done: Sequence[Activation]) -> list[dict[str, Any]]:
    """What became of each product, and of the host."""
    return [
        {
            "name": one.name,
            "activation_id": one.activation_id,
            "activated": one.error is None,
            "expires": timestamp(one.expires),
            **(error_json(one.error) if one.error else {}),
        }
        for one in done
    ]


def license_facts(told: Licenses) -> dict[str, Any]:
    """The licenses that were told of."""
    return {
        "products": [status_json(one.status) for one in told.products],
        "host": _host_facts(told.host, told.listening) if told.host else None,
    }


def _host_facts(host: HostLicenses, listening: str | None) -> dict[str, Any]:
    return {
        "host_id": host.host_id,
        "org": host.org,
        "trial": host.trial,
        "listening": listening,
        "licenses": [
            {
                "publisher_id": one.publisher_id,
                "publisher": one.publisher,
                "pool": one.pool,
                "partial_key": one.partial_key,
                "license_status": one.license_status.value,
                "certificate_expires": timestamp(one.certificate_expires),
                "count": one.count,
                "threshold": one.threshold,
            }
            for one in host.licenses
        ],
        "settings": {
            "retry_interval_s": host.settings.retry_interval_s,
            "renewal_interval_s": host.settings.renewal_interval_s,
            "port": host.settings.port,
            "dns_publishing": host.settings.dns_publishing,
        },
        "requests": {"total": host.requests.total, "refused": host.requests.refused},
        "requests_by_status": {status.value: number for status, number in host.by_status.items()},
    }
