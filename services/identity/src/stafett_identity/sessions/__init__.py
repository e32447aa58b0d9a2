"""Log-in, sessions, choosing a position, and the tokens and keys by which others know who asks."""
