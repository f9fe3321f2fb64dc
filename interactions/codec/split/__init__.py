"""Tell the records in a text apart, whatever form it has and whatever is wrong with it, and cut files into blocks."""
