"""State in files: written whole or not at all, secrets readable by their owner alone."""
