"""Figures of stored products."""
