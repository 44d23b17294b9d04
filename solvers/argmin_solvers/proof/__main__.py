"""`python -m argmin_solvers.proof QUESTION ANSWER`: proves in a process of its own.

Both are files of pickled objects, written and read by the runner that starts this process.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

from argmin_solvers.proof.convexity import QuadraticQuestion, prove_quadratic
from argmin_solvers.proof.question import CpQuestion, Proven, Question


def main() -> None:
    """Read the question, prove, and write what came of it, whole or not at all."""
    question, answer = map(Path, sys.argv[1:])
    proven = _prove(pickle.loads(question.read_bytes()))
    part = answer.with_suffix(".part")
    part.write_bytes(pickle.dumps(proven))
    part.rename(answer)


def _prove(question: Question | CpQuestion | QuadraticQuestion) -> Proven:
    """HiGHS and OR-Tools are not loaded together: each kind of model has its own libraries."""
    if isinstance(question, Question):
        from argmin_solvers.proof.prover import prove

        return prove(question)
    if isinstance(question, QuadraticQuestion):
        return prove_quadratic(question)
    from argmin_solvers.proof.cp.answer import prove_answer

    return prove_answer(question)


if __name__ == "__main__":
    main()
    os._exit(0)  # solver threads that were left behind would make an ordinary exit wait
