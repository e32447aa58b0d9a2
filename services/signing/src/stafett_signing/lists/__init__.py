"""The lists of what waits and what was decided."""
