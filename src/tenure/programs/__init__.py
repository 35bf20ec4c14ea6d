"""Composition roots: the only place that wires adapters to use cases."""
