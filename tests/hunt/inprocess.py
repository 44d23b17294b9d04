"""What argmin does in processes of their own, done in the hunt's worker: their starts cost most.

A worker has the libraries of one kind of model, and can itself crash or be ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any
from unittest.mock import patch

from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import load_adapter, scipy_milp
from argmin_solvers.proof import judgement
from argmin_solvers.proof.question import CpQuestion, Proven, Question


@contextmanager
def stay_in_process() -> Iterator[None]:
    """Searches by SciPy, and the proofs, run in this process."""
    with (
        patch.object(scipy_milp, "Apart", _find_here),
        patch.object(judgement, "prove_apart", _prove_here),
    ):
        yield


def _find_here(name: SolverName, *, stoppable: bool) -> Any:
    del stoppable
    return load_adapter(name)


def _prove_here(question: Question | CpQuestion, _stop: Event) -> Proven:
    """What `python -m argmin_solvers.proof` does."""
    if isinstance(question, Question):
        from argmin_solvers.proof.prover import prove

        return prove(question)
    from argmin_solvers.proof.cp.answer import prove_answer

    return prove_answer(question)
