"""A CP-SAT model as a linear model with integers, so that solvers of other families can search it.

The points of the linear model, without the variables that were added, are those of the CP-SAT
model. Where literals enforce a row, its sides are as far away as the bounds allow while one of
them is false; a choice has a variable of 0 and 1 for each alternative, which enforces its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from argmin.api.answer import Sense
from argmin_solvers.adapters.base import Solution
from argmin_solvers.models.exact import ExactLinear, ExactRow, ExactVariable
from argmin_solvers.proof.cp.evaluation import find_scope, list_points
from argmin_solvers.proof.cp.graphs import state_graph
from argmin_solvers.proof.cp.loads import state_load
from argmin_solvers.proof.cp.meaning import pair, state
from argmin_solvers.proof.cp.problem import is_plain, list_conditions, read_objective
from argmin_solvers.proof.cp.rows import (
    Affine,
    Choice,
    Different,
    Literal,
    Row,
    at_least,
    at_most,
    count,
    equal,
    weigh,
)
from argmin_solvers.verify.cp.points import Points
from argmin_solvers.verify.cpsat import CpSatOriginal, measure_violations

LARGEST_SLACK = 1_000_000
"""A row that is enforced by a larger number than this says little to a solver of doubles."""
LARGEST_NUMBER = 1_000_000_000
"""Larger numbers are too near to what solvers of doubles round."""
MOST_ROWS = 100_000
MOST_VALUES = 2_000
"""So many values of expressions that all differ get a variable each."""
MOST_TUPLES = 2_000
"""So many combinations of values of a constraint that no row states are looked at."""


@dataclass(frozen=True)
class Translation:
    """A linear model and the names of those of its variables that are the CP-SAT model's."""

    linear: ExactLinear
    names: Sequence[str]

    def to_cp_point(self, values: Mapping[str, float]) -> Solution:
        """The point of the CP-SAT model that a point of the linear one stands for."""
        return {name: round(values[name]) for name in self.names}


class _UntranslatableError(Exception):
    """The model has what linear rows cannot say, or only by numbers that are too large."""


def translate(original: CpSatOriginal) -> Translation | None:
    """The linear model of a CP-SAT model; None where a constraint or a number stands against it."""
    proto = original.proto
    domains = [tuple(variable.domain) for variable in proto.variables]
    if not is_plain(proto, domains):
        return None
    translator = Translator(domains)
    try:
        for number, domain in enumerate(domains):
            if len(domain) > 2:
                translator.take_row(Row((), ((number, 1),), domain))
        for constraint in proto.constraints:
            _take(translator, proto, constraint)
        for row in list_conditions(proto):
            translator.take_row(row)
    except _UntranslatableError:
        return None
    return Translation(_assemble(original, translator), original.names)


def _take(translator: Translator, proto: Any, constraint: Any) -> None:
    meaning = state(proto, constraint)
    for row in meaning.rows:
        translator.take_row(row)
    for choice in meaning.choices:
        translator.take_choice(choice)
    for different in meaning.different:
        _take_different(translator, different)
    if meaning.exact:
        return
    if not (state_graph(translator, constraint) or state_load(translator, proto, constraint)):
        translator.take_choice(_tabulate(proto, constraint, translator))


def _take_different(translator: Translator, different: Different) -> None:
    """A variable for each value of each expression, and each value once at most."""
    chosen = _list_values(translator, different)
    if chosen is None:
        for row in pair(different):
            translator.take_row(row)
        return
    takers: dict[int, list[Literal]] = {}
    for expression, values in zip(different.expressions, chosen, strict=True):
        literals = {value: translator.add_literal() for value in values}
        translator.take_row(equal(count(literals.values()), 1))
        number = Affine({at: value for value, (at, _) in literals.items()})
        translator.take_row(equal(number.minus(expression), 0))
        for value, literal in literals.items():
            takers.setdefault(value, []).append(literal)
    for literals_of_value in takers.values():
        translator.take_row(at_most(count(literals_of_value), 1, different.enforced))


def _list_values(translator: Translator, different: Different) -> list[list[int]] | None:
    """The values of each expression; None where they are too many, or of several variables."""
    found = []
    for expression in different.expressions:
        ends = [translator.high[number] - translator.low[number] for number in expression.terms]
        if len(ends) > 1 or sum(ends) > MOST_VALUES:
            return None
        values = [expression.constant]
        for number, factor in expression.terms.items():
            listed = translator.list_values(number)
            values = [expression.constant + factor * value for value in listed]
        found.append(values)
    return found if sum(map(len, found)) <= MOST_VALUES else None


def _tabulate(proto: Any, constraint: Any, translator: Translator) -> Choice:
    """The combinations of values that hold, by the check's own evaluation of each."""
    scope = find_scope(proto, constraint)
    values = [translator.list_values(number) for number in scope]
    if prod(map(len, values)) > MOST_TUPLES:
        raise _UntranslatableError
    points = list_points(translator.low, scope, values)
    holding = points[measure_violations(constraint, Points(proto, points)) == 0]
    return Choice(
        (),
        tuple(
            tuple(equal(weigh([number], [1]), int(point[number])) for number in scope)
            for point in holding
        ),
    )


class Translator:
    """Gathers rows over the variables of a model, and over variables that it adds to them."""

    def __init__(self, domains: Sequence[Sequence[int]]) -> None:
        self._domains = domains
        self.low = [domain[0] for domain in domains]
        self.high = [domain[-1] for domain in domains]
        self.rows: list[ExactRow] = []

    def list_values(self, number: int) -> list[int]:
        """The values of a variable of the model."""
        domain = self._domains[number]
        if domain[-1] - domain[0] > MOST_TUPLES:
            raise _UntranslatableError
        pairs = zip(domain[::2], domain[1::2], strict=True)
        return [value for first, last in pairs for value in range(first, last + 1)]

    def add_variable(self, low: int, high: int) -> int:
        """A new integer variable: its number."""
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1

    def add_literal(self) -> Literal:
        """A new variable of 0 and 1, as the literal that it is 1."""
        return self.add_variable(0, 1), 1

    def take_choice(self, choice: Choice) -> None:
        """State that one of the alternatives holds, at least."""
        chosen = []
        for rows in choice.alternatives:
            literal = self.add_literal()
            chosen.append(literal)
            for row in rows:
                self.take_row(Row((literal,), row.terms, row.domain))
        self.take_row(at_least(count(chosen), 1, choice.enforced))

    def take_row(self, row: Row) -> None:
        """State a row, whatever its domain."""
        least, most = self._span(row.terms)
        pairs = list(zip(row.domain[::2], row.domain[1::2], strict=True))
        met = [pair for pair in pairs if pair[0] <= most and pair[1] >= least]
        if not met:  # then a literal is false
            total = count(row.enforced)
            self._state(total, None, len(row.enforced) - 1)
        elif len(met) == 1:
            self._enforce(row, *met[0], least, most)
        else:
            self._choose_pair(row, met)

    def _choose_pair(self, row: Row, pairs: Sequence[tuple[int, int]]) -> None:
        alternatives = tuple((Row((), row.terms, pair),) for pair in pairs)
        self.take_choice(Choice(row.enforced, alternatives))

    def _enforce(self, row: Row, bottom: int, top: int, least: int, most: int) -> None:
        """Keep a sum between two sides, but for what false literals leave it."""
        total = Affine(dict(row.terms))
        if not row.enforced:
            self._state(total, bottom if bottom > least else None, top if top < most else None)
            return
        false = Affine({}, len(row.enforced)).minus(count(row.enforced))
        if bottom > least:
            self._state(total.plus(false, _limit(bottom - least)), bottom, None)
        if top < most:
            self._state(total.minus(_times(false, _limit(most - top))), None, top)

    def _state(self, total: Affine, bottom: int | None, top: int | None) -> None:
        if bottom is None and top is None:
            return
        terms = {number: factor for number, factor in total.terms.items() if factor}
        lower = None if bottom is None else bottom - total.constant
        upper = None if top is None else top - total.constant
        sizes = [abs(side) for side in (lower, upper) if side is not None]
        if max(*sizes, *map(abs, terms.values()), 0) > LARGEST_NUMBER or len(self.rows) > MOST_ROWS:
            raise _UntranslatableError
        if not terms:  # solvers read a row without variables each in another way
            terms = {self.add_variable(0, 0): 1}
        name = f"r{len(self.rows)}"
        self.rows.append(ExactRow(name, tuple(terms), tuple(terms.values()), lower, upper, 1))

    def _span(self, terms: Sequence[tuple[int, int]]) -> tuple[int, int]:
        least = most = 0
        for number, factor in terms:
            ends = factor * self.low[number], factor * self.high[number]
            least, most = least + min(ends), most + max(ends)
        return least, most


def _times(total: Affine, factor: int) -> Affine:
    return Affine({}).plus(total, factor)


def _limit(slack: int) -> int:
    if slack > LARGEST_SLACK:
        raise _UntranslatableError
    return slack


def _assemble(original: CpSatOriginal, translator: Translator) -> ExactLinear:
    names = list(original.names)
    taken = set(names)
    for number in range(len(names), len(translator.low)):
        name = f"added{number}"
        while name in taken:
            name += "_"
        names.append(name)
    objective = read_objective(original.proto)
    total, scale = (Affine({}), 1) if objective is None else (objective.total, objective.scale)
    terms = {number: factor for number, factor in total.terms.items() if factor}
    ends = zip(names, translator.low, translator.high, strict=True)
    return ExactLinear(
        sense=original.sense or Sense.MINIMIZE,
        variables=[
            ExactVariable(name, Fraction(low), Fraction(high), True) for name, low, high in ends
        ],
        rows=translator.rows,
        goal=ExactRow("objective", tuple(terms), tuple(terms.values()), None, None, int(scale)),
        offset=Fraction(total.constant) / scale,
        origin="the CP-SAT model as a linear one",
    )
