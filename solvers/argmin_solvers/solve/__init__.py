"""Declared models: loaded, solved under supervision, checked, proven."""
