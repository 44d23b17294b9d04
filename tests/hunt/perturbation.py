"""Variants of a model: faults hide where a number is just not the round one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

from tests.hunt.instances import Bound, Instance, Row, Terms, Variable
from tests.hunt.writing import round_number

Change = Callable[[Instance, Random], Instance]


def perturb(instance: Instance, random: Random) -> Instance:
    """One to three changes, one after another."""
    for _ in range(random.randint(1, 3)):
        instance = random.choice(_CHANGES)(instance, random)
    return instance


def _scale_row(instance: Instance, random: Random) -> Instance:
    """The same model, as one row is multiplied."""
    if not instance.rows:
        return instance
    at = random.randrange(len(instance.rows))
    factor = Fraction(random.choice(["0.001", "0.1", "3", "7", "1000", "0.3"]))
    row = instance.rows[at]
    scaled = Row(
        row.name, _scaled(row.terms, factor), _times(row.lower, factor), _times(row.upper, factor)
    )
    return _with_row(instance, at, scaled)


def _scaled(terms: Terms, factor: Fraction) -> Terms:
    return {name: round_number(value * factor) for name, value in terms.items()}


def _times(bound: Bound, factor: Fraction) -> Bound:
    return None if bound is None else round_number(bound * factor)


def _with_row(instance: Instance, at: int, row: Row) -> Instance:
    return replace(instance, rows=(*instance.rows[:at], row, *instance.rows[at + 1 :]))


def _with_variable(instance: Instance, at: int, variable: Variable) -> Instance:
    before, after = instance.variables[:at], instance.variables[at + 1 :]
    return replace(instance, variables=(*before, variable, *after))


def _nudge_coefficient(instance: Instance, random: Random) -> Instance:
    rows = [at for at, row in enumerate(instance.rows) if row.terms]
    if not rows:
        return instance
    at = random.choice(rows)
    row = instance.rows[at]
    name = random.choice(list(row.terms))
    change = Fraction(random.choice(["1e-6", "-1e-5", "0.001", "1", "-1", "0.5"]))
    return _with_row(
        instance, at, replace(row, terms={**row.terms, name: row.terms[name] + change})
    )


def _nudge_side(instance: Instance, random: Random) -> Instance:
    if not instance.rows:
        return instance
    at = random.randrange(len(instance.rows))
    row = instance.rows[at]
    change = Fraction(random.choice(["0.001", "-0.5", "1", "-1", "0.25"]))
    lower = None if row.lower is None else row.lower + change
    upper = None if row.upper is None else row.upper + change
    return _with_row(instance, at, replace(row, lower=lower, upper=upper))


def _toggle_integer(instance: Instance, random: Random) -> Instance:
    at = random.randrange(len(instance.variables))
    variable = instance.variables[at]
    return _with_variable(instance, at, replace(variable, integer=not variable.integer))


def _change_bound(instance: Instance, random: Random) -> Instance:
    at = random.randrange(len(instance.variables))
    variable = instance.variables[at]
    lower = variable.lower if random.random() < 0.7 else random.choice([None, Fraction(0)])
    upper = random.choice([variable.upper, None, Fraction(random.randint(0, 9))])
    return _with_variable(instance, at, replace(variable, lower=lower, upper=upper))


def _turn(instance: Instance, _random: Random) -> Instance:
    """The same model, as a maximisation of the opposite."""
    negated = {name: -value for name, value in instance.cost.items()}
    return replace(instance, maximize=not instance.maximize, cost=negated, offset=-instance.offset)


def _double_row(instance: Instance, random: Random) -> Instance:
    if not instance.rows:
        return instance
    row = random.choice(instance.rows)
    return replace(
        instance, rows=(*instance.rows, replace(row, name=f"{row.name}_{len(instance.rows)}"))
    )


_CHANGES: tuple[Change, ...] = (
    _scale_row,
    _nudge_coefficient,
    _nudge_side,
    _toggle_integer,
    _change_bound,
    _turn,
    _double_row,
)
