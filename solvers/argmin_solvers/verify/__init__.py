"""Checks answers apart from the solvers that gave them."""
