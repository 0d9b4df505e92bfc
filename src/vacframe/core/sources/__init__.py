"""A user's table files as rows of a product."""
