"""Converters of Python objects: one modelling library each, in exact numbers."""
