"""Certificates as JSON, the content of proof.json, and their check against a model.

```
{"version": 1, "kind": "bound",                       a bound on the objective
 "statement": "no feasible point has an objective below 15005.0",
 "bound": "15005.0",                                  in the model's own sense, to the safe side
 "denominator": "2", "multipliers": {"0": ["demand", "3"], ...}}     3/2 times row number 0
{"version": 1, "kind": "infeasible", "denominator": ..., "multipliers": ...}
{"version": 1, "kind": "unbounded", "direction": {"0": ["x", "1"], ...}, "point": {"x": 2.0, ...}}
{"version": 1, "kind": "search", "by": "scip 10.0.0", ...}           not a certificate: a record
```
Multipliers are those of rows and objective scaled to whole numbers, as `ExactLinear` holds them,
for the minimised form. Whole numbers are decimal text, very long ones hexadecimal with 0x.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from argmin.api.answer import Sense
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.numerics import decimal_text
from argmin_solvers.proof.certificate import (
    Direction,
    Multipliers,
    evaluate_multipliers,
    find_fault,
    minimised,
    round_bound,
)
from argmin_solvers.text import quote, shorten
from argmin_solvers.verify.exact import ExactModel

VERSION = 1
_DECIMAL_BITS = 12_000
"""Python writes no decimal numbers of more than 4300 digits; a longer one is hexadecimal."""
_DIGITS = 20_000
"""Longer whole numbers are refused when a document is read."""


@dataclass(frozen=True)
class CheckedCertificate:
    """What a certificate proves of a model; `bound` in the model's own sense."""

    holds: bool
    message: str
    bound: Fraction | None = None


class MalformedCertificateError(Exception):
    """The document is no certificate of this model; says what is wrong with it."""


def write_bound(model: ExactLinear, multipliers: Multipliers, bound: Fraction) -> dict[str, Any]:
    """The document of multipliers that prove a bound on the minimised objective."""
    own = decimal_text(round_safely(model, bound))
    side = "above" if model.sense is Sense.MAXIMIZE else "below"
    return {
        "version": VERSION,
        "kind": "bound",
        "statement": f"no feasible point has an objective {side} {own}",
        "bound": own,
        **write_multipliers(model, multipliers),
    }


def write_infeasible(model: ExactLinear, multipliers: Multipliers) -> dict[str, Any]:
    """The document of multipliers by which no point satisfies rows and bounds."""
    return {
        "version": VERSION,
        "kind": "infeasible",
        "statement": "no point satisfies all constraints and bounds",
        **write_multipliers(model, multipliers),
    }


def write_unbounded(
    model: ExactLinear, direction: Direction, point: Mapping[str, float]
) -> dict[str, Any]:
    """The document of a direction without end, and of a feasible point that it begins at."""
    return {
        "version": VERSION,
        "kind": "unbounded",
        "statement": "from the point on, the objective improves along the direction without end",
        "direction": {
            str(column): [model.names[column], write_integer(amount)]
            for column, amount in direction.columns.items()
        },
        "point": {name: value for name, value in point.items() if value},
    }


def round_safely(model: ExactLinear, bound: Fraction) -> float:
    """A bound on the minimised objective as a double in the model's own sense, no stronger."""
    nearest = float(bound)
    if Fraction(nearest) > bound:
        nearest = math.nextafter(nearest, -math.inf)
    return float(minimised(model, Fraction(nearest))) + 0.0


def check_certificate(model: ExactLinear, document: Mapping[str, Any]) -> CheckedCertificate:
    """Check a certificate against a model in exact arithmetic, without a solver.

    Raises:
        MalformedCertificateError: the document is none, or is of another model.
    """
    kind = str(document.get("kind"))
    checks = {"bound": _check_bound, "infeasible": _check_infeasible, "unbounded": _check_unbounded}
    if document.get("version") != VERSION:
        raise MalformedCertificateError(
            f"version is {document.get('version')!r}: {VERSION} is known"
        )
    if kind not in checks:
        raise MalformedCertificateError(
            f"kind is {quote(kind)}: a certificate of a linear model is one of {', '.join(checks)}"
        )
    return checks[kind](model, document)


def _check_bound(model: ExactLinear, document: Mapping[str, Any]) -> CheckedCertificate:
    proven = evaluate_multipliers(model, read_multipliers(model, document, objective=True))
    if proven.value is None:
        return CheckedCertificate(False, _describe_gap(model, proven.gaps[0]))
    bound = minimised(model, round_bound(model, proven.value))
    if abs(bound) > sys.float_info.max:
        return CheckedCertificate(False, "the bound is beyond every double")
    side = "above" if model.sense is Sense.MAXIMIZE else "below"
    return CheckedCertificate(
        True, f"no feasible point has an objective {side} {float(bound)!r}", bound
    )


def _check_infeasible(model: ExactLinear, document: Mapping[str, Any]) -> CheckedCertificate:
    proven = evaluate_multipliers(model, read_multipliers(model, document, objective=False))
    if proven.value is None:
        return CheckedCertificate(False, _describe_gap(model, proven.gaps[0]))
    if proven.value <= 0:
        return CheckedCertificate(False, "the combined rows contradict no bounds of the variables")
    return CheckedCertificate(True, "no point satisfies all constraints and bounds")


def _check_unbounded(model: ExactLinear, document: Mapping[str, Any]) -> CheckedCertificate:
    direction = Direction(_read_entries(document, "direction", model.names))
    fault = find_fault(model, direction)
    if fault is not None:
        return CheckedCertificate(False, f"the direction proves nothing: {fault}")
    point = document.get("point")
    if not isinstance(point, Mapping):
        raise MalformedCertificateError("point is missing: a value of each variable by its name")
    values = dict.fromkeys(model.names, 0.0) | {
        str(name): _read_value(name, value) for name, value in point.items()
    }
    violation = ExactModel.of(model).assess([values])[0].violation
    if violation is not None:
        return CheckedCertificate(False, f"the point is not feasible: {violation.message}")
    return CheckedCertificate(
        True, "from a feasible point on, the objective improves along a direction without end"
    )


def _describe_gap(model: ExactLinear, gap: Any) -> str:
    names = [row.name for row in model.rows] if gap.is_row else model.names
    what = "constraint" if gap.is_row else "variable"
    return f"the multipliers prove no bound: {what} {quote(names[gap.number])} has no side there"


def write_multipliers(model: ExactLinear, multipliers: Multipliers) -> dict[str, Any]:
    """Denominator and multipliers of the rows, each beside its name."""
    return {
        "denominator": write_integer(multipliers.denominator),
        "multipliers": {
            str(number): [model.rows[number].name, write_integer(amount)]
            for number, amount in multipliers.rows.items()
        },
    }


def write_integer(number: int) -> str:
    """A whole number as text, in decimals or where it is very long in hexadecimals."""
    return str(number) if number.bit_length() <= _DECIMAL_BITS else hex(number)


def read_multipliers(
    model: ExactLinear, document: Mapping[str, Any], *, objective: bool
) -> Multipliers:
    """The multipliers of a document, once each is found to be of the row that it names."""
    denominator = read_integer("denominator", document.get("denominator"))
    if denominator <= 0:
        raise MalformedCertificateError("denominator has to be a positive whole number")
    names = [row.name for row in model.rows]
    return Multipliers(_read_entries(document, "multipliers", names), denominator, objective)


def _read_entries(document: Mapping[str, Any], part: str, names: Any) -> dict[int, int]:
    """Whole numbers by the number of a row or column, each beside its name."""
    entries = document.get(part)
    if not isinstance(entries, Mapping):
        raise MalformedCertificateError(f"{part} is missing: an object of [name, number] by number")
    read = {}
    for key, entry in entries.items():
        number = int(key) if str(key).isdecimal() and len(str(key)) < 10 else -1
        if not (isinstance(entry, list) and len(entry) == 2):
            raise MalformedCertificateError(f"{part}.{key} is not a pair of name and number")
        if not 0 <= number < len(names) or names[number] != entry[0]:
            what = quote(str(entry[0]))
            raise MalformedCertificateError(
                f"{part}.{key} is of {what}, which is not number {key} of this model"
            )
        read[number] = read_integer(f"{part}.{key}", entry[1])
    return read


def read_integer(where: str, text: Any) -> int:
    """A whole number of a document; `where` says which in messages."""
    try:
        if not isinstance(text, str) or len(text) > _DIGITS:
            raise ValueError
        return int(text, 16 if "0x" in text else 10)
    except ValueError:
        shown = quote(shorten(str(text), 40))
        raise MalformedCertificateError(f"{where} is {shown}, not a whole number as text") from None


def _read_value(name: Any, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MalformedCertificateError(f"point.{name} is not a finite number")
    return float(value)
