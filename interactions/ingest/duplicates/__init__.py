"""Duplicates: one rule for files and live records, and the index by which they are found."""
