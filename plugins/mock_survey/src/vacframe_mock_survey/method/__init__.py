"""How the survey is made up: arrays in, arrays out."""
