"""State kept in files: keys, documents, a machine's state folder."""
