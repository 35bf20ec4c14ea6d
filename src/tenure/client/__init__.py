"""Use cases of a machine: install a key, activate, renew, report its status."""
