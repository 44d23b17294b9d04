"""Holds answers of any origin against their models, without a solver."""
