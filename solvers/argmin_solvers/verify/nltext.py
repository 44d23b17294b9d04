"""Reads AMPL's .nl files for the check alone: shares nothing with the reader of the solver.

It takes what that reader has found well-formed, and gives up on anything else. A model whose
expressions are all linear is checked exactly, others by evaluating their expression graphs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from argmin.api.outcome import Sense
from argmin_solvers.verify.exact import ExactModel, ExactVariable, finite, scale_row
from argmin_solvers.verify.nonlinear import EvaluatedModel, EvaluatedRow
from argmin_solvers.verify.numerals import Numerals
from argmin_solvers.verify.original import CheckReason, UncheckableError

_UNARY: dict[int, Callable[[float], float]] = {
    15: abs, 16: lambda a: -a, 37: math.tanh, 38: math.tan, 39: math.sqrt, 40: math.sinh,
    41: math.sin, 42: math.log10, 43: math.log, 44: math.exp, 45: math.cosh, 46: math.cos,
    47: math.atanh, 49: math.atan, 50: math.asinh, 51: math.asin, 52: math.acosh, 53: math.acos,
    77: lambda a: a * a,
}  # fmt: skip
_BINARY: dict[int, Callable[[float, float], float]] = {
    0: lambda a, b: a + b, 1: lambda a, b: a - b, 2: lambda a, b: a * b, 3: lambda a, b: a / b,
    5: math.pow, 48: math.atan2, 76: math.pow, 78: math.pow,
}  # fmt: skip
_LISTED: dict[int, Callable[[Sequence[float]], float]] = {11: min, 12: max, 54: math.fsum}
_SIDES: dict[str, tuple[int | None, int | None]] = {
    "0": (0, 1), "1": (None, 0), "2": (0, None), "3": (None, None), "4": (0, 0),
}  # fmt: skip
"""Which of the numbers of a bound are its lower and its upper end, by its kind."""

Step = float | int | Callable[[list[float]], float]
"""A constant, the number of a variable, or an operation on the stack."""


def rebuild_nl(text: str, path: Path) -> ExactModel | EvaluatedModel:
    """The model of a .nl file; names are those of the .col and .row files beside it.

    Raises:
        UncheckableError: the file is not understood, or holds what cannot be evaluated.
    """
    reader = _Nl(text)
    try:
        reader.read()
        return reader.model(path)
    except (ValueError, KeyError, IndexError) as error:
        what = f"the check cannot read the .nl file: {type(error).__name__} {error}"
        raise UncheckableError(CheckReason.NOT_REBUILT, what) from None


@dataclass
class _Expression:
    """Steps in the order of evaluation, and linear coefficients by variable."""

    steps: list[Step] = field(default_factory=lambda: [0.0])
    linear: dict[int, Fraction] = field(default_factory=dict)

    @property
    def is_linear(self) -> bool:
        return len(self.steps) == 1 and isinstance(self.steps[0], float)

    @property
    def constant(self) -> Fraction:
        step = self.steps[0]
        return Fraction(step) if isinstance(step, float) else Fraction(0)

    def evaluate(self, values: Sequence[float]) -> float:
        stack: list[float] = []
        for step in self.steps:
            if isinstance(step, float):
                stack.append(step)
            elif isinstance(step, int):
                stack.append(values[step])
            else:
                stack.append(step(stack))
        products = (float(factor) * values[number] for number, factor in self.linear.items())
        return math.fsum((stack.pop(), *products))


class _Nl:
    """The segments of a file, each as a plain table."""

    def __init__(self, text: str) -> None:
        self._lines = (line.split("#", 1)[0].split() for line in text.splitlines())
        self._number = Numerals()
        self._sense = Sense.MINIMIZE
        self._objective = _Expression()
        self._defined: dict[int, _Expression] = {}
        self._bounds: list[tuple[Fraction | None, Fraction | None]] = []
        self._sides: list[tuple[Fraction | None, Fraction | None]] = []
        self._start: dict[int, float] = {}

    def read(self) -> None:
        """Take the header, then segment by segment."""
        header = [next(self._lines, []) for _ in range(10)]
        self._variables, constraints = int(header[1][0]), int(header[1][1])
        if sum(map(int, header[6][:5])):
            raise ValueError("integer variables")
        self._constraints = [_Expression() for _ in range(constraints)]
        for words in self._lines:
            if words:
                self._take(words[0][0], [words[0][1:], *words[1:]])

    def _take(self, letter: str, words: list[str]) -> None:
        numbers = [int(word) for word in words[:2] if word]  # a suffix has its name behind them
        if letter == "C":
            self._constraints[numbers[0]].steps = self._steps()
        elif letter == "O":
            self._sense = Sense.MAXIMIZE if numbers[1] else Sense.MINIMIZE
            self._objective.steps = self._steps()
        elif letter == "V":
            linear = self._entries(numbers[1])
            self._defined[numbers[0]] = _Expression(self._steps(), linear)
        elif letter == "J":
            self._constraints[numbers[0]].linear = self._entries(numbers[1])
        elif letter == "G":
            self._objective.linear = self._entries(numbers[1])
        else:
            self._take_table(letter, numbers)

    def _take_table(self, letter: str, numbers: list[int]) -> None:
        if letter == "b":
            self._bounds = [self._interval() for _ in range(self._variables)]
        elif letter == "r":
            self._sides = [self._interval() for _ in self._constraints]
        elif letter == "x":
            self._start = {at: float(value) for at, value in self._entries(numbers[0]).items()}
        elif letter in ("d", "k"):
            self._entries_skipped(numbers[0])
        elif letter == "S":
            self._entries_skipped(numbers[1])
        else:
            raise ValueError(f"segment {letter}")

    def _entries_skipped(self, count: int) -> None:
        for _ in range(count):
            next(self._lines)

    def _entries(self, count: int) -> dict[int, Fraction]:
        pairs = (next(self._lines) for _ in range(count))
        return {int(number): self._number[value] for number, value in pairs}

    def _interval(self) -> tuple[Fraction | None, Fraction | None]:
        kind, *words = next(self._lines)
        numbers = [finite(self._number[word]) for word in words]
        if kind not in _SIDES:
            raise ValueError(f"a bound of kind {kind}")
        return tuple(None if at is None else numbers[at] for at in _SIDES[kind])  # type: ignore[return-value]

    def _steps(self) -> list[Step]:
        """An expression in prefix order, turned round: read until nothing is missing."""
        steps: list[Step] = []
        missing = 1
        while missing:
            word = next(self._lines)[0]
            letter, text = word[0], word[1:]
            if letter == "o":
                step, arguments = self._operation(int(text))
                missing += arguments
                steps.append(step)
            elif letter == "v":
                steps.append(int(text))
            else:
                steps.append(float(self._number[text]))
            missing -= 1
        return steps[::-1]

    def _operation(self, number: int) -> tuple[Step, int]:
        if number in _UNARY:
            unary = _UNARY[number]
            return (lambda stack: unary(stack.pop())), 1
        if number in _BINARY:
            binary = _BINARY[number]
            return (lambda stack: binary(stack.pop(), stack.pop())), 2
        if number in _LISTED:
            listed, count = _LISTED[number], int(next(self._lines)[0])
            return (lambda stack: listed([stack.pop() for _ in range(count)])), count
        raise UncheckableError(
            CheckReason.UNKNOWN_CONSTRAINT, f"the check cannot evaluate operation o{number}"
        )

    def model(self, path: Path) -> ExactModel | EvaluatedModel:
        """The model of all that was read."""
        names = _names(path.with_suffix(".col"), self._variables, "_svar")
        rows = _names(path.with_suffix(".row"), len(self._constraints), "_scon")
        variables = [
            ExactVariable(name, *bounds) for name, bounds in zip(names, self._bounds, strict=True)
        ]
        start = {names[at]: value for at, value in self._start.items()}
        expressions = (self._objective, *self._constraints)
        if not self._defined and all(expression.is_linear for expression in expressions):
            return self._exact(variables, rows, start)
        return self._evaluated(variables, rows, start)

    def _exact(
        self, variables: list[ExactVariable], names: list[str], start: dict[str, float]
    ) -> ExactModel:
        rows = []
        for name, row, sides in zip(names, self._constraints, self._sides, strict=True):
            lower, upper = (None if side is None else side - row.constant for side in sides)
            rows.append(scale_row(name, row.linear, lower, upper))
        return ExactModel(
            sense=self._sense,
            variables=variables,
            rows=rows,
            goal=scale_row("objective", self._objective.linear, None, None),
            offset=self._objective.constant,
            starts=[start] if start else [],
        )

    def _evaluated(
        self, variables: list[ExactVariable], names: list[str], start: dict[str, float]
    ) -> EvaluatedModel:
        values: list[float] = []

        def load(point: Sequence[float]) -> None:
            values[:] = [*point, *(math.nan for _ in self._defined)]
            for number, expression in self._defined.items():  # each uses only those before it
                values[number] = expression.evaluate(values)

        def evaluation(expression: _Expression) -> Callable[[], float]:
            return lambda: expression.evaluate(values)

        rows = [
            EvaluatedRow(name, *_floats(sides), evaluation(row))
            for name, row, sides in zip(names, self._constraints, self._sides, strict=True)
        ]
        return EvaluatedModel(
            sense=self._sense,
            variables=variables,
            rows=rows,
            objective=evaluation(self._objective),
            load=load,
            start=start,
        )


def _floats(sides: tuple[Fraction | None, Fraction | None]) -> tuple[float | None, float | None]:
    lower, upper = (None if side is None else float(side) for side in sides)
    return lower, upper


def _names(path: Path, count: int, letter: str) -> list[str]:
    if path.is_file():
        names = path.read_text().splitlines()[:count]
        if len(set(names)) == count:
            return names
    return [f"{letter}[{number}]" for number in range(1, count + 1)]  # as AMPL calls them
