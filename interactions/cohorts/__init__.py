"""Cohorts as they are kept: their rules in the database, and what members do with them."""
