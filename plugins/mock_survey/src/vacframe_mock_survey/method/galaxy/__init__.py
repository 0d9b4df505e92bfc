"""Where stars and dust are, and how they move."""
