"""Addresses: where each person's e-mail goes, in which language, and whether it arrives."""
