"""HTTP, served and asked."""
