"""Tenure: volume activation for any publisher's software."""

__version__ = "0.1.0"
