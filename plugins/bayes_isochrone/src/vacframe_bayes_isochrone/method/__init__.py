"""How the products are made: arrays in, arrays out."""
