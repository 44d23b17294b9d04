"""A solve, whatever kind asks for it: solvers, what is asked of them, proofs, inspections."""
