"""Use cases of the authority: define products, issue keys, activate hosts."""
