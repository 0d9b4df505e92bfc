"""The numerics of Yang et al. (2025): arrays in, arrays out.

From coefficients to the network's input: `sampled_spectra`, `systematic_correction`, `extinction_curve`,
`pixel_fluxes`, `star_selection`, and all of it together in `spectral_features`. The network: `labelled_stars`,
`network`, `network_training`, `training_hull`, `estimator`. Its results: `metallicity_estimates`, `error_coverage`,
`clusters_and_carbon`.
"""
