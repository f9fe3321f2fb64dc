"""Split a text into records, whatever its layout and damage, and cut files into blocks."""
