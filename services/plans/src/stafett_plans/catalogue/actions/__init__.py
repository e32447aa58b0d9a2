"""What is done to the catalogue, one transaction a use case."""
