"""Objects are named as kubectl names them."""

from __future__ import annotations

import pytest

from argmin.cli.errors import CliError
from argmin.cli.manifests.object_names import read_object_name


@pytest.mark.parametrize(
    "text",
    [
        "steel",
        "opt/steel",
        "OptimizationJob/steel",
        "optimizationjobs/steel",
        "optimizationjobs.argmin.dev/steel",
    ],
)
def test_a_name_is_taken_bare_or_with_its_kind(text: str) -> None:
    assert read_object_name(text) == "steel"


@pytest.mark.parametrize("text", ["pod/steel", "opt/", "/steel", "opt/team/steel", ""])
def test_what_names_no_object_of_argmin_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(CliError, match="write NAME or opt/NAME"):
        read_object_name(text)
