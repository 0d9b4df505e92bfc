"""What surveys say of a star: labels with errors, each with its selection."""
