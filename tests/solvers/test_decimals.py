from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argmin_solvers.numerics import decimal_text, exact_sum, gap_text, relative_gap


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (15005.0, "15005.0"),
        (42, "42.0"),
        (-0.0, "0.0"),
        (0.1, "0.1"),
        (2**60 + 1, "1152921504606846977.0"),
        (1e22, "1e+22"),
        (4170.282202754812, "4170.282202754812"),
    ],
)
def test_a_number_is_its_shortest_exact_text(value: float, text: str) -> None:
    assert decimal_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_text_reads_back_as_the_same_number(value: float) -> None:
    assert float(decimal_text(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_has_no_text(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        decimal_text(value)


def test_the_gap_is_relative_to_the_objective() -> None:
    assert relative_gap(200.0, 190.0) == 0.05
    assert gap_text(15005.0, 15005.0) == "0"
    assert gap_text(0.0, 0.0) == "0"
    assert gap_text(0.0, -1.0) is None


def test_sums_are_decimal() -> None:
    assert exact_sum([(0.1, 3.0), (0.2, 3.0)]) == 0.9
    assert exact_sum([(0.35, 3000.0), (0.375, 5000.0)], offset=0.1) == 2925.1
