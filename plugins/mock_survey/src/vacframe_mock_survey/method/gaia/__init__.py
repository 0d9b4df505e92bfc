"""What Gaia measures: astrometry, zero point, distances, low-dispersion spectra."""
