"""The version of Ipopt, in a module that loads nothing: Pyomo waits two seconds to be told it."""

VERSION = "3.14.19"
"""Of the library inside casadi 3.8.2, as its banner states it; casadi has no call that tells."""
