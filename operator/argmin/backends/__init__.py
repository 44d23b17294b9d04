"""Backends: where a run is executed. They depend on runs, not on any kind."""
