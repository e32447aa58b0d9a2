"""Signing, rejecting and cancelling."""
