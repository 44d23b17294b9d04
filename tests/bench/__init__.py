"""Measures argmin beside plain Kubernetes and plain solver libraries: `python -m tests.bench`."""
