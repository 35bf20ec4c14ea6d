"""Asking the DNS, of this machine or of a server that is named."""
