"""What lets the whole portal run on a machine with nothing but Python."""
