"""Scanning of the files of sources, and gathering of their rows into partitions."""
