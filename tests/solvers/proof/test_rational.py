"""Systems of equations are solved exactly, or found to be singular."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from argmin_solvers.proof.rational import solve_exactly

MATRICES = st.integers(1, 7).flatmap(
    lambda size: st.tuples(
        st.lists(
            st.lists(st.integers(-3, 3), min_size=size, max_size=size),
            min_size=size,
            max_size=size,
        ),
        st.lists(st.fractions(-5, 5, max_denominator=9), min_size=size, max_size=size),
    )
)


def sparse(matrix: list[list[int]]) -> list[dict[int, int]]:
    return [{at: value for at, value in enumerate(row) if value} for row in matrix]


def determinant(matrix: list[list[int]]) -> Fraction:
    """By elimination on fractions."""
    rows, product = [[Fraction(value) for value in row] for row in matrix], Fraction(1)
    for at in range(len(rows)):
        pivot = next((number for number in range(at, len(rows)) if rows[number][at]), None)
        if pivot is None:
            return Fraction(0)
        rows[at], rows[pivot] = rows[pivot], rows[at]
        product *= rows[at][at]
        for row in rows[at + 1 :]:
            factor = row[at] / rows[at][at]
            row[:] = [left - factor * right for left, right in zip(row, rows[at], strict=True)]
    return product


@settings(deadline=None)  # the first loads libraries
@given(MATRICES)
def test_the_solution_satisfies_every_equation_exactly_and_is_missing_of_singular_ones_alone(
    system: tuple[list[list[int]], list[Fraction]],
) -> None:
    matrix, right = system
    solution = solve_exactly(sparse(matrix), right)
    if solution is None:
        assert determinant(matrix) == 0
    else:
        sums = [sum(v * x for v, x in zip(row, solution, strict=True)) for row in matrix]
        assert sums == right


def test_a_triangular_system_in_any_order_is_solved() -> None:
    # 3 z = 1; 2 y + z = 1; x + y + z = 1, with rows and unknowns shuffled
    equations = [{0: 1, 1: 1, 2: 1}, {1: 3}, {2: 2, 1: 1}]
    third = Fraction(1, 3)
    assert solve_exactly(equations, [1, 1, 1]) == [third, third, third]


def test_nothing_has_the_solution_nothing() -> None:
    assert solve_exactly([], []) == []
