"""What surveys measure of a true star."""
