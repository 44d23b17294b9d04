"""Solvers for tests: one that is always right, and one that lies where it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.errors import RunError
from argmin_solvers.models import load_model
from argmin_solvers.models.linear import LinearModel
from tests.hunt.asking import Claim, Question, Task, Told
from tests.hunt.instances import Bound, Instance, Row, Variable
from tests.hunt.referee import settle
from tests.hunt.writing import Format

Lie = Callable[[Instance, Told], Told]


@dataclass
class Panel:
    """Answers by the exact referee; `liar` tells what `lie` makes of the right answer."""

    folder: Path
    liar: str = ""
    lie: Lie = lambda _, told: told
    asked: int = 0

    def ask(self, task: Task) -> list[Told]:
        self.asked += 1
        if task.format is Format.CP_SAT:
            return [Told(question.name, Outcome.UNKNOWN, "NotAsked") for question in task.questions]
        try:
            instance = read_back(task, self.folder)
        except RunError as error:
            reason = str(error.reason)
            return [Told(q.name, Outcome.ERROR, reason, refused=True) for q in task.questions]
        return [self._answer(instance, question) for question in task.questions]

    def _answer(self, instance: Instance, question: Question) -> Told:
        truth = settle(instance)
        if truth is None:
            return Told(question.name, Outcome.UNKNOWN, "TimeLimit")
        objective = None if truth.objective is None else float(truth.objective)
        told = Told(
            question.name,
            truth.outcome,
            str(truth.outcome),
            objective=objective,
            bound=objective,
            level=ProofLevel.CROSS_CHECKED,
        )
        if question.name == self.liar:
            told = self.lie(instance, told)
        return replace(told, claim=Claim(told.outcome, told.objective, told.bound))


def read_back(task: Task, folder: Path) -> Instance:
    """The model of a task, by argmin's own reader."""
    path = folder / f"model.{task.format}"
    path.write_text(task.text)
    model = load_model(SolveTask(format=ModelFormat(task.format.value), path=str(path)))
    assert isinstance(model, LinearModel)
    return to_instance(model)


def to_instance(model: LinearModel) -> Instance:
    """The doubles of a model as decimals."""
    names = list(model.column_names)
    variables = tuple(
        Variable(name, _bound(low), _bound(high), bool(integer))
        for name, low, high, integer in zip(
            names, model.lower, model.upper, model.integer, strict=True
        )
    )
    rows: list[dict[str, Fraction]] = [{} for _ in model.row_names]
    for column, name in enumerate(names):
        for at in range(model.start[column], model.start[column + 1]):
            if model.value[at]:
                rows[model.index[at]][name] = _number(model.value[at])
    sides = zip(model.row_names, rows, model.row_lower, model.row_upper, strict=True)
    return Instance(
        variables,
        tuple(Row(name, row, _bound(low), _bound(high)) for name, row, low, high in sides),
        {name: _number(cost) for name, cost in zip(names, model.cost, strict=True) if cost},
        _number(model.offset),
        model.maximizes,
    )


def _number(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def _bound(value: float) -> Bound:
    return _number(value) if np.isfinite(value) else None
