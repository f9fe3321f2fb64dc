"""Access control: roles and rights, members, API keys, settings of environments, and the activity log."""
