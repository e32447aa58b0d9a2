"""Plans given to people, and how far each has come in them."""
