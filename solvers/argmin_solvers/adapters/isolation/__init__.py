"""Searches in processes of their own: libraries that cannot share one, and solvers' executables."""
