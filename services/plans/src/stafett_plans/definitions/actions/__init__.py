"""What is done to plans as defined, one transaction a use case."""
