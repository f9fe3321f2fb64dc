"""Questions to the interactions, as Ibis expressions: the only home of analytics, one module per page."""
