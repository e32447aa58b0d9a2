"""A whole site acting: people, plans and days, through the public interfaces only."""
