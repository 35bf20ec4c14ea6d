"""Tenure: volume activation for any publisher's software.

Products use `from tenure import License`; the names below are loaded when they are asked for, so that importing the
package costs nothing. `__init__.pyi` tells type checkers the same.
"""

__version__ = "0.1.0"

_EXPORTS = {
    "License": "tenure.programs.license",
    "LicenseCheck": "tenure.client.license_check",
    "LicenseStatus": "tenure.core.license_status",
    "LocalFault": "tenure.core.errors",
    "Refused": "tenure.core.errors",
    "TenureError": "tenure.core.errors",
    "Unavailable": "tenure.core.errors",
    "Untrusted": "tenure.core.errors",
    "UsageError": "tenure.core.errors",
}

__all__ = ["__version__", *_EXPORTS]  # noqa: PLE0604 - the keys are names


def __getattr__(name: str) -> object:
    """The public name, imported now and kept (PEP 562)."""
    if name not in _EXPORTS:
        raise AttributeError(f"module 'tenure' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - only whoever needs it

    value: object = getattr(import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
