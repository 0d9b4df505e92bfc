"""Neural networks for plugins: Keras 3 on any back end, networks stacked side by side, training."""
