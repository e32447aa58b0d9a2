"""Plans made from the catalogue: sections, goals, items, versions and where a plan is published."""
