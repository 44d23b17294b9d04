from __future__ import annotations

import pytest

from tests.bench.samples import Samples


def test_the_median_is_the_middle_whatever_the_order() -> None:
    assert Samples((9.0, 1.0, 2.0)).median == 2.0


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert Samples((4.0, 1.0, 2.0, 3.0)).median == 2.5


def test_lowest_highest_and_count_describe_the_spread() -> None:
    samples = Samples((3.0, 1.0, 2.0))
    assert (samples.lowest, samples.highest, samples.count) == (1.0, 3.0, 3)


def test_nothing_measured_is_no_samples() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Samples(())


def test_differences_are_taken_pair_by_pair() -> None:
    assert Samples((3.0, 10.0)).minus(Samples((1.0, 9.0))).values == (2.0, 1.0)


def test_ratios_are_taken_pair_by_pair() -> None:
    # The ratio of the medians would be 2; a machine that slowed down half-way is not a cost.
    ours, theirs = Samples((1.0, 2.0, 30.0)), Samples((1.0, 1.0, 30.0))
    assert ours.over(theirs).median == 1.0


def test_samples_that_are_no_pairs_are_not_compared() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Samples((1.0, 2.0)).minus(Samples((1.0,)))


def test_a_measurement_of_zero_has_no_ratio() -> None:
    with pytest.raises(ValueError, match="zero"):
        Samples((1.0,)).over(Samples((0.0,)))
