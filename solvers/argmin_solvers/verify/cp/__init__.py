"""The meaning of every constraint of CP-SAT, for the check alone.

Each module has checkers by the name of the constraint in the CpModelProto. A checker takes the
constraint and many points at once, and tells by how much each point violates it, 0.0 where it
does not. All arithmetic is on integers: there is no tolerance.
"""

from __future__ import annotations

from argmin_solvers.verify.cp import arithmetic, logic, routing, scheduling
from argmin_solvers.verify.cp.points import Checker

CHECKERS: dict[str, Checker] = {
    **logic.CHECKERS,
    **arithmetic.CHECKERS,
    **routing.CHECKERS,
    **scheduling.CHECKERS,
}
