"""The dust that the stars shine through."""
