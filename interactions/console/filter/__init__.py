"""The filter of pages about interactions: in the URL, in a form, and as chips."""
