"""Registering training time, counting it and having it signed."""
