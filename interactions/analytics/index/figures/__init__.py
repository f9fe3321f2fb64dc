"""What the questions of a page are answered from: each figure is a pass over a look, which remembers it."""
