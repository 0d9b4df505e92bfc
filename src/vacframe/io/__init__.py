"""Readers and writers of file formats; nothing of one survey."""
