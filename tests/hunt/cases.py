"""A model under trial, whatever its kind: its text, its truth, and what a point is worth in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from tests.hunt.asking import Told
from tests.hunt.referee import Truth
from tests.hunt.writing import Format


@dataclass(frozen=True)
class Holding:
    """A point held against a model in exact arithmetic.

    `excess` is its largest violation in units of the tolerance: 0 for a solution, up to 1 for what
    argmin tolerates; `objective` is None where the model has none; `where` names what is violated.
    """

    excess: Fraction
    objective: Fraction | None
    where: str = ""

    @property
    def exact(self) -> bool:
        """Whether nothing has to be tolerated."""
        return self.excess == 0

    @property
    def tolerable(self) -> bool:
        """Whether argmin may call it a solution."""
        return self.excess <= Fraction("1.01")


class Case(Protocol):
    """A model that can be written, settled, judged and made smaller."""

    @property
    def maximize(self) -> bool:
        """Whether larger objectives are better."""
        ...

    @property
    def size(self) -> int:
        """How large it is, for the reduction."""
        ...

    def write(self, format_: Format) -> str:
        """Its file."""
        ...

    def settle(self) -> Truth | None:
        """The right answer; None where it is too much work."""
        ...

    def hold(self, told: Told) -> Holding | None:
        """The told values held against the model; None where a value is missing."""
        ...

    def witness(self, told: Told) -> Fraction | None:
        """The objective of an exact solution near the told values, where there is one."""
        ...

    def unit_at(self, objective: Fraction) -> Fraction:
        """What objectives may differ by and count as equal, without the tolerance."""
        ...

    def parts(self) -> Iterator[tuple[str, int]]:
        """The lists that a reduction shortens, each with its length."""
        ...

    def without(self, part: str, numbers: frozenset[int]) -> Case:
        """The model without some entries of one of its lists."""
        ...

    def simpler(self) -> Iterator[Case]:
        """Models with one number, bound or mark less."""
        ...


Values = Mapping[str, float]
