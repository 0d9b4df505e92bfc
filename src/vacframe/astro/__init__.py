"""Stateless astronomy for plugins; the core never imports it."""
