"""The runner: what happens inside a solver pod, and on a laptop.

`python -m argmin_solvers --document PATH` runs a job document. A user's own program tells what it
found with `from argmin_solvers import report`.
"""

from argmin_solvers.script.report import report

__all__ = ["report"]
