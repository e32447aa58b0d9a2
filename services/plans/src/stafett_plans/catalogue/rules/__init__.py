"""What may be in the catalogue: contents of requirements, and goal catalogues as files."""
