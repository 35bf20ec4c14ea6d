from tenure.client.license_check import LicenseCheck
from tenure.core.errors import LocalFault, Refused, TenureError, Unavailable, Untrusted, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.programs.license import License

__all__ = [
    "License",
    "LicenseCheck",
    "LicenseStatus",
    "LocalFault",
    "Refused",
    "TenureError",
    "Unavailable",
    "Untrusted",
    "UsageError",
    "__version__",
]

__version__: str
