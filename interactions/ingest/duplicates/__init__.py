"""Duplicates: one rule for files and live records, and the index that finds them."""
