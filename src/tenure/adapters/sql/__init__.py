"""Storage in SQL; the only place that knows a dialect."""
