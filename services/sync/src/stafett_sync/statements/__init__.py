"""Signed statements: their form, their signature, and the registry that says whose signature counts."""
