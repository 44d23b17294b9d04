"""Readers of model files: one a format, strict, in the exact numbers of the file."""

from argmin_solvers.models.readers.lp import parse_lp, read_lp
from argmin_solvers.models.readers.mps import parse_mps, read_mps

__all__ = ["parse_lp", "parse_mps", "read_lp", "read_mps"]
