"""Light of the stars: an atmosphere with its lines and molecules."""
