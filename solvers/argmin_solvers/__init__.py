"""The runner: what happens inside a solver pod, and on a laptop."""
