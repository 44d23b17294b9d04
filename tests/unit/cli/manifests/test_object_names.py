"""Objects are named as kubectl names them."""

from __future__ import annotations

import pytest

from argmin.api.registry import KINDS
from argmin.cli.errors import CliError
from argmin.cli.kinds.registry import VIEWS, build_views, choose_views
from argmin.cli.manifests.object_names import ObjectName
from tests.unit.cli.lamps import LAMP_KIND, TORCH_KIND

ALL = build_views((*KINDS, LAMP_KIND, TORCH_KIND))


def choose(text: str, namespace: str | None = None) -> list[str]:
    """The kinds in which an object of this name is looked for."""
    return [view.info.name for view in choose_views(ObjectName(text), namespace, ALL)]


@pytest.mark.parametrize(
    "text",
    [
        "opt/steel",
        "OptimizationJob/steel",
        "optimizationjobs/steel",
        "OPTIMIZATIONJOBS/steel",
        "optimizationjobs.argmin.dev/steel",
    ],
)
def test_a_name_is_taken_with_its_kind_in_any_spelling(text: str) -> None:
    assert choose(text) == ["OptimizationJob"]
    assert ObjectName(text).name == "steel"


def test_a_bare_name_may_be_of_any_kind() -> None:
    assert choose("steel") == ["OptimizationJob", "Lamp", "Torch"]


def test_in_a_namespace_no_kind_of_the_whole_cluster_is_looked_for() -> None:
    assert choose("steel", namespace="team") == ["OptimizationJob", "Torch"]


def test_a_namespace_for_a_kind_of_the_whole_cluster_is_refused() -> None:
    with pytest.raises(CliError, match="a Lamp belongs to the whole cluster: leave out --namesp"):
        choose("lp/hall", namespace="team")


@pytest.mark.parametrize("text", ["pod/steel", "opt/", "/steel", "opt/team/steel", ""])
def test_what_names_no_object_of_argmin_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(CliError, match="write NAME or opt/NAME"):
        choose_views(ObjectName(text), None, VIEWS)
    with pytest.raises(CliError, match="write NAME or opt/NAME, lp/NAME, to/NAME"):
        choose(text)
