"""Names of products: read from a file, kept in the database, and looked up for the ids on a page."""

from interactions.product_names.lookup import ProductNames, named_like, names_of, with_name

__all__ = ["ProductNames", "named_like", "names_of", "with_name"]
