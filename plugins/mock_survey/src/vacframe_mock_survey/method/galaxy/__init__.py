"""The Galaxy: populations, places, potential, motions, clusters, a stream."""
