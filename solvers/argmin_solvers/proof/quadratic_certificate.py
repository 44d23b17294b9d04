"""Certificates of convex quadratic programs as JSON, and their check in exact arithmetic.

```
{"version": 1, "kind": "convex-quadratic", "statement": ..., "bound": "-99.96",
 "point": {"0": ["x", "2", "1"], ...},                 2/1, where the objective is linearised
 "denominator": "50", "multipliers": {"0": ["c", "3"], ...}}
```
The multipliers are those of a bound on the linearised objective, minimising; see `document`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from argmin.api.answer import Sense
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.numerics import decimal_text
from argmin_solvers.proof.certificate import Multipliers, evaluate_multipliers
from argmin_solvers.proof.document import (
    CheckedCertificate,
    MalformedCertificateError,
    read_integer,
    read_multipliers,
    round_safely,
    write_integer,
    write_multipliers,
)
from argmin_solvers.proof.quadratic import QuadraticProgram, read_quadratic

KIND = "convex-quadratic"
_VERSION = 1


def write_curved(
    program: QuadraticProgram, at: Sequence[Fraction], multipliers: Multipliers, bound: Fraction
) -> dict[str, Any]:
    """The document of a bound on the linearisation at a point."""
    linear = program.linearise(at)
    own = decimal_text(program.sign * round_safely(linear, bound) + 0.0)
    side = "below" if program.sign > 0 else "above"
    return {
        "version": _VERSION,
        "kind": KIND,
        "statement": f"the model is convex, and no feasible point has an objective {side} {own}",
        "bound": own,
        "point": {
            str(number): [name, write_integer(value.numerator), write_integer(value.denominator)]
            for number, (name, value) in enumerate(zip(linear.names, at, strict=True))
            if value
        },
        **write_multipliers(linear, multipliers),
    }


def check_curved(model: NonlinearModel, document: Mapping[str, Any]) -> CheckedCertificate:
    """Check such a certificate against a model, without a solver.

    Raises:
        MalformedCertificateError: the document is none, or is of another model.
    """
    program = read_quadratic(model)
    if program is None:
        raise MalformedCertificateError("the model is no convex quadratic program")
    linear = program.linearise(_read_point(model, document))
    proven = evaluate_multipliers(linear, read_multipliers(linear, document, objective=True))
    if proven.value is None:
        return CheckedCertificate(False, "the multipliers prove no bound on the linearisation")
    bound = program.sign * proven.value
    side = "above" if model.sense is Sense.MAXIMIZE else "below"
    message = f"the model is convex, and no feasible point has an objective {side} {float(bound)!r}"
    return CheckedCertificate(True, message, bound)


def _read_point(model: NonlinearModel, document: Mapping[str, Any]) -> list[Fraction]:
    entries = document.get("point")
    if not isinstance(entries, Mapping):
        raise MalformedCertificateError(
            "point is missing: [name, numerator, denominator] by number"
        )
    point = [Fraction(0)] * len(model.names)
    for number, name in enumerate(model.names):
        entry = entries.get(str(number))
        if entry is None:
            continue
        if not (isinstance(entry, list) and len(entry) == 3 and entry[0] == name):
            raise MalformedCertificateError(f"point.{number} is not of variable {name}")
        above, below = (read_integer(f"point.{number}", text) for text in entry[1:])
        if below <= 0:
            raise MalformedCertificateError(f"point.{number} has no positive denominator")
        point[number] = Fraction(above, below)
    return point
