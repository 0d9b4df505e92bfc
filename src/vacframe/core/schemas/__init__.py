"""Schemas of the shared source products: declarations only, no numerics."""
