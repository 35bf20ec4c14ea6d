"""The companion of a genuine KMS host: keys, rollout, checks, event logs, reports. It never speaks KMS (ADR 0001)."""
