"""The life of a request, as pure functions."""
