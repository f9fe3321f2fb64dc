"""Logging in, and the account of whoever is logged in."""
