"""How well an answer on a CP-SAT model is proven, and proofs of it.

The strongest comes first: a complete search of argmin's own, exact and independent of every
solver; then a solver of another family on a translation into a linear model; then a second search
by CP-SAT, which is told as the word of the same solver.
"""

from __future__ import annotations

from argmin_solvers.proof.cp.claim import Claim, CpProof
from argmin_solvers.proof.cp.prove import prove_cp
from argmin_solvers.proof.cp.translation import Translation, translate

__all__ = ["Claim", "CpProof", "Translation", "prove_cp", "translate"]
