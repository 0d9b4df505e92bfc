"""What a plugin declares or is given: schemas, products and needs, hooks, results, models, papers, settings, errors."""
