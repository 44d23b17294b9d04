"""What the hunt writes is what argmin's readers read, number by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from tests.hunt.asking import Task
from tests.hunt.instances import Instance, Row
from tests.hunt.shapes import LINEAR
from tests.hunt.writing import Format, write_model, write_number
from tests.solvers.hunt.honesty import read_back


def split_ranges(instance: Instance) -> list[Row]:
    """An LP file has two rows for one with two different sides."""
    rows = []
    for row in instance.rows:
        if None in (row.lower, row.upper) or row.lower == row.upper:
            rows.append(row)
        else:
            rows.append(replace(row, lower=None))
            rows.append(replace(row, name=f"{row.name}_low", upper=None))
    return rows


def by_name(rows: list[Row]) -> dict[str, Row]:
    return {row.name: replace(row, terms=dict(row.terms)) for row in rows}


@pytest.mark.parametrize("format_", [Format.LP, Format.MPS])
@pytest.mark.parametrize("shape", LINEAR, ids=lambda shape: shape.__name__)
def test_models_are_read_as_they_were_made(
    shape: Callable[[Random], Instance], format_: Format, tmp_path: Path
) -> None:
    for seed in range(3):
        made = shape(Random(seed))
        read = read_back(Task(format_, write_model(made, format_), ()), tmp_path)
        rows = list(made.rows) if format_ is Format.MPS else split_ranges(made)
        assert by_name(list(read.rows)) == by_name(rows)
        assert {v.name: v for v in read.variables} == {v.name: v for v in made.variables}
        assert (read.cost, read.offset, read.maximize) == (made.cost, made.offset, made.maximize)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-2.5", "-2.5"),
        ("1200", "1200"),
        ("1e-9", "0.000000001"),
        ("2e25", "2e+25"),
        ("1/3", "0.33333333333333333"),
    ],
)
def test_numbers_are_written_as_decimals(number: str, text: str) -> None:
    assert write_number(Fraction(number)) == text
