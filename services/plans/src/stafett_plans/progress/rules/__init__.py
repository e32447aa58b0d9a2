"""What a requirement's status is, and what may be done with a registration."""
