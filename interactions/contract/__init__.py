"""What an interaction is: its fields, its money and its moments. Plain data and functions."""
