"""Magnitudes: bands, extinction, and what surveys measure in them."""
