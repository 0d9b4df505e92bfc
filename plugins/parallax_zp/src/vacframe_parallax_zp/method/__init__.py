"""The numerics: Lindegren et al. (2021b) and Wang, Yuan & Huang (2021); arrays in, arrays out."""
