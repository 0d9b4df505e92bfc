"""Columns in memory: Arrow and NumPy, batches, expressions, digests, random numbers, positions on the sky."""
