"""Settings that the wire tests share."""

from __future__ import annotations

from hypothesis import settings

# Signing and verifying take what the machine at hand lets them: a slow example is no defect.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
