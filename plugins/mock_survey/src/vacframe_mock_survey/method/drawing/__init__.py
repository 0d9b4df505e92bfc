"""Drawing the stars of a survey, and its visits to them."""
