"""The products: one module for each, named after it."""
