"""Figures of a mock survey, from its stored products."""
