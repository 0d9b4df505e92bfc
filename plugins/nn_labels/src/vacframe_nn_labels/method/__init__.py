"""The numerics of Wang et al. (2022): arrays in, arrays out."""
