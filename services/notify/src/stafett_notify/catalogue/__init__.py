"""The alert catalogue: which alerts there are, where they show, what they say (Tables 1 to 4 of notify.md)."""
