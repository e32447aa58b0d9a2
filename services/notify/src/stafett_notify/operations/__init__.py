"""Keeping the service in order: the mail log, events that could not be applied, what is deleted when."""
