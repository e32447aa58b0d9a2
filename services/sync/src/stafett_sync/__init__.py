"""What sites tell one another, and the course portal."""
