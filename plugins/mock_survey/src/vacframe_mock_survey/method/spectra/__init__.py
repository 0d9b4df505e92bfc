"""Light of stars: atmospheres, lines, low dispersion."""
