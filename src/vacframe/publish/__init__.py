"""Catalogues for other tools."""
