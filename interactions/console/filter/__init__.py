"""The filter of the pages of interactions: kept in the address, chosen in a form, shown as chips."""
