"""Stars as models: isochrones, companions, abundances."""
