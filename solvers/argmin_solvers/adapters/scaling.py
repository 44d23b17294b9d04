"""Objectives too small for the tolerances of solvers, multiplied for them by a power of two.

Solvers take reduced costs of 1e-7, and what a bound cuts off by 1e-6, for nothing, whatever the
objective's own size: costs of 1e-8 are no costs to them. A power of two changes no digit. What a
solver tells of a scaled objective is divided again here, so that nobody else has to know of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from threading import Event

import numpy as np

from argmin_solvers.adapters.base import Finding, Settings
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.numerics import SMALL_OBJECTIVE, is_small_objective
from argmin_solvers.process.log_capture import log
from argmin_solvers.progress.sink import ABSURD, ProgressSink

Search = Callable[[LinearModel, Settings, Event], Finding]

_LARGEST_EXPONENT = 1000
"""Two to this is still a double."""
_LARGEST_EXPONENT_OF_COSTS = 20
"""Small coefficients are not raised further than this brings the largest: about a million."""
_FAINTEST = 1e-6
"""Smaller coefficients are lost in the tolerances of solvers."""
_LARGEST_CONSTANT = 30
"""The scaled constant of an objective is at most about 2 to this: its own digits count as well."""


def search_scaled(search: Search, model: LinearModel, settings: Settings, stop: Event) -> Finding:
    """Search with an objective whose coefficients are no smaller than solvers can tell."""
    exponent = _choose_exponent(model, settings)
    if not exponent:
        return search(model, settings, stop)
    log.info(
        "the objective has very small coefficients: the solver is given 2^%d times as much",
        exponent,
    )
    finding = search(_scale(model, exponent), _scale_settings(settings, exponent), stop)
    return replace(
        finding,
        claimed=_multiply(finding.claimed, -exponent),
        bound=_multiply(finding.bound, -exponent),
    )


def find_exponent(model: LinearModel) -> int:
    """The power of two that solvers tell the coefficients of the objective apart by; mostly 0."""
    constant = max(abs(model.offset), float(np.abs(model.cost).max()))
    limit = power_to_one(math.ldexp(constant, -_LARGEST_CONSTANT)) if constant else 0
    return max(0, min(limit, max(_raise_largest(model), _raise_smallest(model))))


def find_faintest(model: LinearModel, settings: Settings) -> float | None:
    """The smallest coefficient that matters, where solvers see none of it; mostly `None`.

    It is not scaled beside the options of a solver, nor so far that the largest ones get too large.
    """
    smallest = model.smallest_cost
    return smallest if math.ldexp(smallest, _choose_exponent(model, settings)) < _FAINTEST else None


def _choose_exponent(model: LinearModel, settings: Settings) -> int:
    """The options of a solver may have numbers of the objective's own size: it is left beside them.

    0 leaves it as it is.
    """
    return 0 if settings.options else find_exponent(model)


def _raise_largest(model: LinearModel) -> int:
    """An objective that is small as a whole is brought to 1 or a little more."""
    largest = model.largest_cost
    return power_to_one(largest) if is_small_objective(largest) else 0


def _raise_smallest(model: LinearModel) -> int:
    """Small coefficients beside large ones are made as large as the large ones allow."""
    smallest, largest = model.smallest_cost, model.largest_cost
    if not is_small_objective(smallest):
        return 0
    wanted = power_to_one(smallest / SMALL_OBJECTIVE)
    return min(wanted, _LARGEST_EXPONENT_OF_COSTS + power_to_one(largest))


def power_to_one(number: float) -> int:
    """The power of two that brings a positive number to 1 or more, below 2."""
    return min(_LARGEST_EXPONENT, 1 - math.frexp(number)[1])


def _scale(model: LinearModel, exponent: int) -> LinearModel:
    return replace(
        model, cost=np.ldexp(model.cost, exponent), offset=math.ldexp(model.offset, exponent)
    )


def _scale_settings(settings: Settings, exponent: int) -> Settings:
    return replace(
        settings,
        absolute_gap=_multiply(settings.absolute_gap, exponent),
        cutoff=_multiply(settings.cutoff, exponent),
        progress=_Divided(settings.progress, exponent),
    )


def _multiply(number: float | None, exponent: int) -> float | None:
    return None if number is None else float(np.ldexp(number, exponent))


class _Divided(ProgressSink):
    """Tells another sink of a scaled search, in the objective's own size."""

    def __init__(self, sink: ProgressSink, exponent: int) -> None:
        super().__init__()
        self._sink = sink
        self._exponent = exponent

    def tell(
        self,
        *,
        objective: float | None = None,
        bound: float | None = None,
        nodes: int | None = None,
        iterations: int | None = None,
        solutions: int | None = None,
    ) -> None:
        """Tell what is known, divided."""
        self._sink.tell(
            objective=self._divide(objective),
            bound=self._divide(bound),
            nodes=nodes,
            iterations=iterations,
            solutions=solutions,
        )

    def _divide(self, number: float | None) -> float | None:
        # What stands for no number would look like one once it is divided.
        known = number is not None and -ABSURD < number < ABSURD
        return _multiply(number, -self._exponent) if known else None
