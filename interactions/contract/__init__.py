"""What an interaction is: fields, identity, timestamps and amounts. Plain data and functions."""
