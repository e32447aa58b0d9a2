"""The append-only evidence of every transition."""
