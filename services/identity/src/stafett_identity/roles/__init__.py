"""Granting roles by order (IDN-179 to IDN-183)."""
