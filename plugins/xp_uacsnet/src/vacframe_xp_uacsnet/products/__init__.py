"""The catalogues: a module per product, named after it, with its columns, its needs and the function that makes it."""
