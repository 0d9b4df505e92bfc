"""Installed plugins: found, listed by manifest, fingerprinted, quarantined."""
