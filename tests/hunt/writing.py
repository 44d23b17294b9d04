"""Writes models as LP and MPS files, with the variety of people's own files."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from decimal import Context, Decimal
from fractions import Fraction

from tests.hunt.instances import Bound, Instance, Row, Terms, Variable

_DIGITS = Context(prec=17)


class Format(enum.StrEnum):
    """Formats of a model file, as `spec.model.format` names them."""

    LP = "lp"
    MPS = "mps"
    CP_SAT = "cp-sat"


def write_number(number: Fraction) -> str:
    """A number as a decimal of at most 17 digits; what needs more is rounded."""
    quotient = _DIGITS.divide(Decimal(number.numerator), Decimal(number.denominator))
    text = f"{quotient.normalize(_DIGITS):f}"
    return text if len(text) <= 20 else f"{quotient.normalize(_DIGITS):e}"


def round_number(number: Fraction) -> Fraction:
    """The number that is written."""
    return Fraction(write_number(number))


def write_model(instance: Instance, format_: Format) -> str:
    """The text of a model file."""
    lines = _write_mps(instance) if format_ is Format.MPS else _write_lp(instance)
    return "\n".join(lines) + "\n"


def _write_lp(instance: Instance) -> Iterator[str]:
    yield "Maximize" if instance.maximize else "Minimize"
    offset = _signed(instance.offset) if instance.offset else ""
    goal = _sum(instance.cost, instance.variables)
    yield f" obj: {goal}{offset}"
    yield "Subject To"
    for row in instance.rows:
        yield from _lp_row(row, instance.variables)
    yield "Bounds"
    yield from map(_lp_bound, instance.variables)
    integers = [variable.name for variable in instance.variables if variable.integer]
    if integers:
        yield "Generals"
        yield from (f" {name}" for name in integers)
    yield "End"


def _lp_row(row: Row, variables: tuple[Variable, ...]) -> Iterator[str]:
    terms = _sum(row.terms, variables)
    if row.lower is not None and row.lower == row.upper:
        yield f" {row.name}: {terms} = {write_number(row.lower)}"
        return
    if row.upper is not None:
        yield f" {row.name}: {terms} <= {write_number(row.upper)}"
    if row.lower is not None:
        name = row.name if row.upper is None else f"{row.name}_low"
        yield f" {name}: {terms} >= {write_number(row.lower)}"


def _lp_bound(variable: Variable) -> str:
    name, lower, upper = variable.name, variable.lower, variable.upper
    if lower is None and upper is None:
        return f" {name} free"
    if lower is not None and lower == upper:
        return f" {name} = {write_number(lower)}"
    return f" {_end(lower, '-inf')} <= {name} <= {_end(upper, '+inf')}"


def _end(bound: Bound, infinite: str) -> str:
    return infinite if bound is None else write_number(bound)


def _signed(number: Fraction) -> str:
    return f" {'-' if number < 0 else '+'} {write_number(abs(number))}"


def _sum(terms: Terms, variables: tuple[Variable, ...]) -> str:
    text = "".join(f"{_signed(value)} {name}" for name, value in terms.items())
    return text or f" 0 {variables[0].name}"


def _write_mps(instance: Instance) -> Iterator[str]:
    yield "NAME hunted"
    yield "OBJSENSE"
    yield f"    {'MAX' if instance.maximize else 'MIN'}"
    yield "ROWS"
    yield " N obj"
    yield from (f" {_relation(row)} {row.name}" for row in instance.rows)
    yield "COLUMNS"
    for number, variable in enumerate(instance.variables):
        yield from _mps_column(number, variable, instance)
    yield "RHS"
    if instance.offset:
        yield f"    RHS obj {write_number(-instance.offset)}"
    yield from (f"    RHS {row.name} {write_number(side)}" for row, side in _sides(instance))
    yield "RANGES"
    for row in instance.rows:
        if _relation(row) == "L" and row.lower is not None and row.upper is not None:
            yield f"    RNG {row.name} {write_number(row.upper - row.lower)}"
    yield "BOUNDS"
    for variable in instance.variables:
        yield from _mps_bounds(variable)
    yield "ENDATA"


def _relation(row: Row) -> str:
    if row.lower is not None and row.lower == row.upper:
        return "E"
    if row.upper is not None:
        return "L"
    return "N" if row.lower is None else "G"


def _sides(instance: Instance) -> Iterator[tuple[Row, Fraction]]:
    for row in instance.rows:
        side = row.lower if row.upper is None else row.upper
        if side:
            yield row, side


def _mps_column(number: int, variable: Variable, instance: Instance) -> Iterator[str]:
    if variable.integer:
        yield f"    M{number}A 'MARKER' 'INTORG'"
    name = variable.name
    yield f"    {name} obj {write_number(instance.cost.get(name, Fraction(0)))}"
    for row in instance.rows:
        if name in row.terms:
            yield f"    {name} {row.name} {write_number(row.terms[name])}"
    if variable.integer:
        yield f"    M{number}B 'MARKER' 'INTEND'"


def _mps_bounds(variable: Variable) -> Iterator[str]:
    name, lower, upper = variable.name, variable.lower, variable.upper
    if lower is None and upper is None:
        yield f" FR BND {name}"
        return
    if lower is not None and lower == upper:
        yield f" FX BND {name} {write_number(lower)}"
        return
    yield f" MI BND {name}" if lower is None else f" LO BND {name} {write_number(lower)}"
    yield f" PL BND {name}" if upper is None else f" UP BND {name} {write_number(upper)}"
