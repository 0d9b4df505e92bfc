"""Many tasks: steps that make products, their schedule over workers and devices, and what came of them."""
