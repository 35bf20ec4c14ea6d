"""The versioned formats: signed documents, request and answer bodies, problem codes."""
