"""The contract of interactions: fields, identity, timestamps and amounts. Plain data and functions."""
