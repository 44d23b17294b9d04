"""Special ordered sets as linear rows with binary variables, where bounds allow it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from argmin_solvers.models.exact import ExactRow, ExactVariable, scale_row

_PASSES = 3

Ends = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True)
class OrderedSet:
    """At most `kind` (1 or 2) of the members are nonzero, two of them only side by side."""

    name: str
    kind: int
    members: Sequence[int]


def expand_ordered_sets(
    variables: list[ExactVariable], rows: list[ExactRow], sets: Iterable[OrderedSet]
) -> None:
    """Append to variables and rows what states the sets.

    A binary variable says which member, or which pair of neighbours, may be nonzero.

    Raises:
        ValueError: a member has no bound, neither of its own nor by a row; or a kind is unknown.
    """
    listed = [ordered for ordered in sets if len(ordered.members) > ordered.kind]
    members = {member for ordered in listed for member in ordered.members}
    ends = _find_ends(variables, rows, members)
    taken = {variable.name for variable in variables}
    for ordered in listed:
        if ordered.kind not in (1, 2):
            raise ValueError(
                f"set {ordered.name} is of kind {ordered.kind}: only 1 and 2 are known"
            )
        _expand(ordered, variables, rows, ends, taken)


def _expand(
    ordered: OrderedSet,
    variables: list[ExactVariable],
    rows: list[ExactRow],
    ends: dict[int, Ends],
    taken: set[str],
) -> None:
    count = len(ordered.members) - ordered.kind + 1
    first = len(variables)
    for number in range(1, count + 1):
        name = f"{ordered.name}.{number}"
        while name in taken:
            name += "'"
        taken.add(name)
        variables.append(ExactVariable(name, Fraction(0), Fraction(1), integer=True))
    choice = {first + number: Fraction(1) for number in range(count)}
    rows.append(scale_row(f"{ordered.name}.choice", choice, None, Fraction(1)))
    for place, member in enumerate(ordered.members):
        lower, upper = ends[member]
        name = variables[member].name
        if lower is None or upper is None:
            side = "a lower" if lower is None else "an upper"
            raise ValueError(
                f"variable {name} of the ordered set {ordered.name} needs {side} bound: give"
                " it one, so that the set can be stated with binary variables"
            )
        switches = range(max(0, place - ordered.kind + 1), min(place, count - 1) + 1)
        for side, end in (("above", max(upper, Fraction(0))), ("below", min(lower, Fraction(0)))):
            terms = {member: Fraction(1), **{first + switch: -end for switch in switches}}
            low, high = (None, Fraction(0)) if side == "above" else (Fraction(0), None)
            rows.append(scale_row(f"{ordered.name}.{side}.{name}", terms, low, high))


def _find_ends(
    variables: Sequence[ExactVariable], rows: Sequence[ExactRow], wanted: Collection[int]
) -> dict[int, Ends]:
    """Bounds of the wanted variables: their own, or what rows imply."""
    ends: dict[int, Ends] = {at: (v.lower, v.upper) for at, v in enumerate(variables)}
    for _ in range(_PASSES):
        open_ones = {at for at in wanted if None in ends[at]}
        if not open_ones:
            break
        for row in rows:
            for place, column in enumerate(row.columns):
                if column in open_ones:
                    ends[column] = _tighten(row, place, ends)
    return ends


def _tighten(row: ExactRow, place: int, ends: dict[int, Ends]) -> Ends:
    """The bounds of one variable of a row, given those of the others."""
    column, coefficient = row.columns[place], row.coefficients[place]
    lowest, highest = _reach(row, place, ends)
    over = _quotient(row.upper, lowest, coefficient)
    under = _quotient(row.lower, highest, coefficient)
    least, most = (under, over) if coefficient > 0 else (over, under)
    lower, upper = ends[column]
    return (least if lower is None else lower, most if upper is None else upper)


def _reach(
    row: ExactRow, place: int, ends: dict[int, Ends]
) -> tuple[Fraction | None, Fraction | None]:
    """The least and the most that the other terms of a row add up to."""
    lowest: Fraction | None = Fraction(0)
    highest: Fraction | None = Fraction(0)
    for other, (column, coefficient) in enumerate(zip(row.columns, row.coefficients, strict=True)):
        if other != place:
            least, most = ends[column] if coefficient > 0 else ends[column][::-1]
            lowest = None if lowest is None or least is None else lowest + coefficient * least
            highest = None if highest is None or most is None else highest + coefficient * most
    return lowest, highest


def _quotient(side: int | None, rest: Fraction | None, coefficient: int) -> Fraction | None:
    return None if side is None or rest is None else (side - rest) / coefficient
