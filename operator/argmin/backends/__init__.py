"""Backends: where a run is executed. They know runs, and nothing of optimization."""
