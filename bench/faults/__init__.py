"""The fault bench: real clients, hosts, database and DNS on a network of their own, and what breaks in it."""
