"""Who may see a request."""
