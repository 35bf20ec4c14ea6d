"""Every way in which Tenure says no, and whose fault it is.

An error carries a stable code, what was expected and found (`detail`) and what to do (`cure`). It never carries
an HTTP status or an exit code: one table in `wire.problems` maps codes to statuses, one in `cli.exit_codes` maps
the branches below to exit codes.

    TenureError
    ├── UsageError    the caller asked for something that cannot be meant
    ├── Refused       a license rule says no; asking again unchanged will not help
    ├── Unavailable   the peer or the storage gave no answer; asking again may help
    ├── Untrusted     data is damaged, forged or not the one expected
    └── LocalFault    this machine keeps the program from working: a port, a lock, a folder
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The stable names of errors: in problem documents, in `--json` and in logs. Append-only."""

    # An activation request, refused by a host (design, section 5)
    INVALID_REQUEST = "invalid_request"
    TOO_LARGE = "too_large"
    NOT_FOUND = "not_found"
    MACHINE_BLOCKED = "machine_blocked"
    NOT_ALLOWED_FROM_HERE = "not_allowed_from_here"
    CLOCK_SKEW = "clock_skew"
    PRODUCT_NOT_SERVED = "product_not_served"
    RATE_LIMITED = "rate_limited"
    COUNT_INSUFFICIENT = "count_insufficient"
    HOST_NOT_ACTIVATED = "host_not_activated"
    HOST_CERTIFICATE_EXPIRED = "host_certificate_expired"
    HOST_REVOKED = "host_revoked"
    HOST_CLOCK = "host_clock"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    OVERLOADED = "overloaded"
    INTERNAL = "internal"

    # A request for a certificate or a grant, refused by a publisher
    KEY_UNKNOWN = "key_unknown"
    KEY_BLOCKED = "key_blocked"
    KEY_LIMIT = "key_limit"
    KEY_TYPE = "key_type"
    REQUEST_CHANGED = "request_changed"
    REQUEST_EXPIRED = "request_expired"
    PUBLISHER_MISMATCH = "publisher_mismatch"

    # A request to a publisher's administration
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN_ROLE = "forbidden_role"
    INSECURE_CONNECTION = "insecure_connection"
    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105 - a code, no secret

    # What the caller wrote
    PRODUCT_KEY_MALFORMED = "product_key_malformed"
    POLICY_OUT_OF_BOUNDS = "policy_out_of_bounds"
    CATALOG_INVALID = "catalog_invalid"
    INVALID_ARGUMENT = "invalid_argument"
    NOT_SET_UP = "not_set_up"
    SET_UP_ALREADY = "set_up_already"
    NOT_AVAILABLE = "not_available"

    # Rules that need no peer
    PRODUCT_UNKNOWN = "product_unknown"
    PRODUCT_TAKEN = "product_taken"
    FOREIGN_KEY = "foreign_key"
    TRIAL_ONLY = "trial_only"
    FOREIGN_SERVICE = "foreign_service"
    ACTIVATION_UNKNOWN = "activation_unknown"
    TLS_REQUIRED = "tls_required"
    OS_ID_MISSING = "os_id_missing"

    # No answer
    HOST_UNREACHABLE = "host_unreachable"
    PUBLISHER_UNREACHABLE = "publisher_unreachable"

    # The DNS
    DNS_UNAVAILABLE = "dns_unavailable"
    DNS_NO_RECORD = "dns_no_record"
    DNS_NO_SUFFIX = "dns_no_suffix"
    DNS_UPDATE_FAILED = "dns_update_failed"
    DNS_KEY_REJECTED = "dns_key_rejected"

    # Damaged or untrusted data
    DOCUMENT_MALFORMED = "document_malformed"
    SIGNATURE_INVALID = "signature_invalid"
    CHAIN_BROKEN = "chain_broken"
    CATALOG_ROLLED_BACK = "catalog_rolled_back"
    CERTIFICATE_INVALID = "certificate_invalid"
    LEASE_INVALID = "lease_invalid"
    GRANT_INVALID = "grant_invalid"
    HOST_SUPERSEDED = "host_superseded"
    GRANT_REVOKED = "grant_revoked"
    REVOCATION_ROLLED_BACK = "revocation_rolled_back"
    REVOCATION_STALE = "revocation_stale"
    STATE_DAMAGED = "state_damaged"
    TLS_UNTRUSTED = "tls_untrusted"
    BACKUP_INVALID = "backup_invalid"

    # This machine
    ADDRESS_IN_USE = "address_in_use"
    HOME_IN_USE = "home_in_use"
    HOME_UNUSABLE = "home_unusable"
    SERVICE_NOT_INSTALLED = "service_not_installed"
    TLS_FILES_UNUSABLE = "tls_files_unusable"


HRESULTS: dict[Code, str] = {
    # Where Microsoft's volume activation has the same refusal (kms-facts, section 9).
    Code.CLOCK_SKEW: "0xC004F06C",
    Code.PRODUCT_NOT_SERVED: "0xC004F042",
    Code.COUNT_INSUFFICIENT: "0xC004F038",
    Code.HOST_NOT_ACTIVATED: "0xC004F041",
    Code.HOST_UNREACHABLE: "0xC004F074",
    Code.KEY_BLOCKED: "0xC004C003",
    Code.KEY_TYPE: "0xC004F050",
    Code.PRODUCT_KEY_MALFORMED: "0xC004F050",
}
"""The HRESULT an administrator knows for a code. `KEY_LIMIT` has two, by key type: the raiser gives it."""


@dataclass(eq=False)
class TenureError(Exception):
    """Something was refused or failed; the text says what was expected, what was found and what to do."""

    code: Code
    detail: str
    cure: str = ""
    hresult: str | None = None
    retry_after: int | None = None
    """Seconds before which asking again is of no use, where whoever refused said so."""

    def __post_init__(self) -> None:
        """Fill in the HRESULT that the code implies."""
        super().__init__(self.detail)
        if self.hresult is None:
            self.hresult = HRESULTS.get(self.code)

    def __str__(self) -> str:
        return f"{self.detail} {self.cure}".strip()


class UsageError(TenureError):
    """The caller asked for something that cannot be meant: a mistyped key, a missing option, a wrong file."""


class Refused(TenureError):
    """A license rule says no; asking again unchanged will not help."""


class Unavailable(TenureError):
    """The peer or the storage gave no answer, or says that it cannot now; asking again may help."""


class Untrusted(TenureError):
    """Data is damaged, forged, or not the one that was expected; nothing was changed because of it."""


class LocalFault(TenureError):
    """This machine keeps the program from working: a port in use, a locked home, a folder without rights."""
