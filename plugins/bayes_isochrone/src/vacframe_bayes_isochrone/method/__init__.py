"""The numerics of Wang J. et al. (2023): arrays in, arrays out."""
