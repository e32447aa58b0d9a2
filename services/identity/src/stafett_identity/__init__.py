"""People, accounts, log-in, organisation, positions, roles, relations and availability."""
