"""Ipopt for users of AMPL and Pyomo: the executable on the PATH of their models."""
