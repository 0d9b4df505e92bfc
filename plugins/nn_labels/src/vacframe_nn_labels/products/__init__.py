"""The products, one module each, named after it."""
