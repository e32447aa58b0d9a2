"""Whom a request can be sent to."""
