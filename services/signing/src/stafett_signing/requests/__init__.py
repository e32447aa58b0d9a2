"""Asking for a signature or an approval, and what becomes of a request beside the decision."""
