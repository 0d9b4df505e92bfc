"""Readers of the files of surveys: files in, rows out."""
