"""What a query string asks of a data set: a filter, a period and the options of a report, and the report itself."""
