"""Who may do what: roles and their rights, members, API keys, environments, and the log of what was done."""
