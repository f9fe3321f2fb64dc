"""Read records straight from their bytes into Arrow: fast, and stopping at whatever the rule book has to judge."""
