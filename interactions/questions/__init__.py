"""Questions about a data set in a query string: the filter, the period, the options of a report, and its answer."""
