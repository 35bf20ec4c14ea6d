"""The rules, pure: no I/O, clock or randomness; `now` is an argument."""
