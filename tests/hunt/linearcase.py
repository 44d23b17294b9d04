"""A linear model under trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from argmin_solvers.numerics import FEASIBILITY_TOLERANCE, limit_scale, objective_unit
from tests.hunt.asking import Told
from tests.hunt.cases import Holding
from tests.hunt.constraints import Constraint, CpInstance, Sum
from tests.hunt.instances import Bound, Instance, Point, Row, Variable, excess
from tests.hunt.referee import Truth, settle
from tests.hunt.writing import Format, write_model

_FARTHEST = 10**6


@dataclass(frozen=True)
class LinearCase:
    """An `Instance` with what a hunt asks of it."""

    instance: Instance

    @property
    def maximize(self) -> bool:
        """Whether larger objectives are better."""
        return self.instance.maximize

    @property
    def size(self) -> int:
        """Variables, rows and coefficients."""
        return self.instance.size

    def write(self, format_: Format) -> str:
        """As LP, MPS or, where it is one of bounded integers, as a CpModelProto."""
        if format_ is Format.CP_SAT:
            from tests.hunt.constraints import write_proto

            translated = translate(self.instance)
            assert translated is not None
            return write_proto(translated)
        return write_model(self.instance, format_)

    @cached_property
    def _truth(self) -> Truth | None:
        return settle(self.instance)

    def settle(self) -> Truth | None:
        """By branch and bound in exact arithmetic."""
        return self._truth

    def hold(self, told: Told) -> Holding | None:
        """Integers are rounded first, as argmin's check does."""
        point = self._point(told)
        if point is None:
            return None
        worst, where = Fraction(0), ""
        for name, amount in self._violations(point):
            if amount > worst:
                worst, where = amount, name
        return Holding(worst, self.instance.objective_at(point), where)

    def _point(self, told: Told) -> Point | None:
        assert told.values is not None
        point: dict[str, Fraction] = {}
        for variable in self.instance.variables:
            if variable.name not in told.values:
                return None
            value = Fraction(told.values[variable.name])
            point[variable.name] = Fraction(round(value)) if variable.integer else value
        return point

    def _violations(self, point: Point) -> Iterator[tuple[str, Fraction]]:
        for variable in self.instance.variables:
            value = point[variable.name]
            yield variable.name, _amount(value, variable.lower, variable.upper, Fraction(0))
        for row in self.instance.rows:
            terms = [value * point[name] for name, value in row.terms.items()]
            largest = max(map(abs, terms), default=Fraction(0))
            yield row.name, _amount(sum(terms, Fraction(0)), row.lower, row.upper, largest)

    def witness(self, told: Told) -> Fraction | None:
        """With the integers fixed, the best of the rest in exact arithmetic."""
        point = self._point(told)
        if point is None:
            return None
        fixed = tuple(
            replace(
                v, lower=max_bound(v.lower, point[v.name]), upper=min_bound(v.upper, point[v.name])
            )
            if v.integer
            else v
            for v in self.instance.variables
        )
        found = settle(replace(self.instance, variables=fixed))
        return None if found is None else found.objective

    def unit_at(self, objective: Fraction) -> Fraction:
        """1, the objective's size, or less where all costs are small."""
        largest = max((abs(value) for value in self.instance.cost.values()), default=Fraction(0))
        return max(Fraction(objective_unit(float(largest))), abs(objective))

    def parts(self) -> Iterator[tuple[str, int]]:
        """Its rows and its variables."""
        yield "rows", len(self.instance.rows)
        yield "variables", len(self.instance.variables)

    def without(self, part: str, numbers: frozenset[int]) -> LinearCase:
        """The model without some of its rows or variables."""
        if part == "rows":
            kept = (row for at, row in enumerate(self.instance.rows) if at not in numbers)
            return LinearCase(replace(self.instance, rows=tuple(kept)))
        names = frozenset(
            v.name for at, v in enumerate(self.instance.variables) if at not in numbers
        )
        return LinearCase(self.instance.keep_variables(names)) if names else self

    def simpler(self) -> Iterator[LinearCase]:
        """Without a cost, a coefficient, a side, a bound or a mark; with rounder numbers."""
        for instance in _simpler(self.instance):
            yield LinearCase(instance)


def max_bound(bound: Bound, value: Fraction) -> Fraction:
    """The larger of a lower bound and a value."""
    return value if bound is None else max(bound, value)


def min_bound(bound: Bound, value: Fraction) -> Fraction:
    """The smaller of an upper bound and a value."""
    return value if bound is None else min(bound, value)


def _amount(value: Fraction, lower: Bound, upper: Bound, largest: Fraction) -> Fraction:
    """A violation in units of what argmin tolerates there."""
    amount = excess(value, lower, upper)
    if amount == 0:
        return amount
    side = lower if lower is not None and value < lower else upper
    assert side is not None
    scale = limit_scale(float(max(Fraction(1), abs(side), largest)))
    return amount / (Fraction(scale) * Fraction(FEASIBILITY_TOLERANCE))


def translate(instance: Instance) -> CpInstance | None:
    """The model for CP-SAT; None where it is not one of bounded integers and whole numbers."""
    if not instance.is_integral or instance.offset.denominator != 1:
        return None
    number = {variable.name: at for at, variable in enumerate(instance.variables)}
    domains = []
    for variable in instance.variables:
        assert variable.lower is not None
        assert variable.upper is not None
        low, high = _ceiling(variable.lower), variable.upper.__floor__()
        if low > high or max(abs(low), abs(high)) > _FARTHEST:
            return None
        domains.append((low, high))
    rows = [_translate_row(row, number) for row in instance.rows]
    if any(row is None for row in rows):
        return None
    terms = tuple((number[name], int(value)) for name, value in instance.cost.items())
    return CpInstance(
        tuple(domains),
        tuple(row for row in rows if row is not None),
        objective=Sum(terms, int(instance.offset)),
        maximize=instance.maximize,
        given_names=tuple(number),
    )


def _translate_row(row: Row, number: dict[str, int]) -> Constraint | None:
    limit = 10**12
    low = -limit if row.lower is None else _ceiling(row.lower)
    high = limit if row.upper is None else row.upper.__floor__()
    terms = tuple((number[name], int(value)) for name, value in row.terms.items())
    if low > high or any(abs(value) > _FARTHEST for _, value in terms):
        return None
    return Constraint("linear", {"sum": Sum(terms), "domain": (low, high)})


def _ceiling(number: Fraction) -> int:
    return number.__ceil__()


def _simpler(instance: Instance) -> Iterator[Instance]:
    if instance.offset:
        yield replace(instance, offset=Fraction(0))
    for name in instance.cost:
        yield replace(instance, cost={n: v for n, v in instance.cost.items() if n != name})
    for at, row in enumerate(instance.rows):
        for simpler in _simpler_rows(row):
            yield replace(instance, rows=(*instance.rows[:at], simpler, *instance.rows[at + 1 :]))
    for at, variable in enumerate(instance.variables):
        for changed in _simpler_variables(variable):
            before, after = instance.variables[:at], instance.variables[at + 1 :]
            yield replace(instance, variables=(*before, changed, *after))
    for name, value in instance.cost.items():
        if value != round(value):
            yield replace(instance, cost={**instance.cost, name: Fraction(round(value))})


def _simpler_rows(row: Row) -> Iterator[Row]:
    for name in row.terms:
        yield replace(row, terms={n: v for n, v in row.terms.items() if n != name})
    if row.lower is not None and row.upper is not None:
        yield replace(row, lower=None)
        yield replace(row, upper=None)
    for name, value in row.terms.items():
        if value != round(value) and round(value):
            yield replace(row, terms={**row.terms, name: Fraction(round(value))})


def _simpler_variables(variable: Variable) -> Iterator[Variable]:
    if variable.integer:
        yield replace(variable, integer=False)
    if variable.upper is not None:
        yield replace(variable, upper=None)
    if variable.lower != 0:
        yield replace(variable, lower=Fraction(0))
