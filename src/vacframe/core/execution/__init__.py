"""Tasks where they run: specifications, inputs, one call of a plugin, executors, devices, schedule, logs."""
