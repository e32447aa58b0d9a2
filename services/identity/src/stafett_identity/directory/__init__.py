"""Persons, organisation, positions and relations, and their publication to the other services."""
