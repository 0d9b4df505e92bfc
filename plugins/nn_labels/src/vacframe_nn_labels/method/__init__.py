"""The numerics of Wang C. et al. (2022): arrays in, arrays out."""
