"""One task where it runs: its specification, its inputs, one call of a plugin, the worker, its log and its capsule."""
