"""The numerics of Yang et al. (2025): arrays in, arrays out."""
