"""Use cases of the activation host: install a key, activate, grant leases."""
