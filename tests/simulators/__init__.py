"""The peers that tests talk to: real documents, no network, no disk."""
