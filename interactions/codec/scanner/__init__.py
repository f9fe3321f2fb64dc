"""Read records straight from their bytes into Arrow, stopping at any record that the rule book has to check."""
