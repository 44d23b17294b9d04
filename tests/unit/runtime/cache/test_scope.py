"""Whose child an object is, and what is watched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import CONFIG_MAPS, JOBS, PODS, Key, Manifest, Resource
from argmin.runtime.cache.scope import Scope
from tests.kube.greetings import GreetingKind

KIND = OptimizationJobKind(lambda _: Policy(Defaults(image="solvers:1", intake_url="")))
SCOPE = Scope.of((KIND,))
CARDS = Resource("test.argmin.dev/v1", "Card", "cards")
SOME_CARDS = replace(CARDS, optional=True)


def named(name: str, **labels: str) -> Manifest:
    metadata: dict[str, Any] = {"name": name, "namespace": "team"}
    return {"metadata": metadata | ({"labels": labels} if labels else {})}


def test_children_are_listed_before_their_owners() -> None:
    assert SCOPE.resources == (JOBS, PODS, OPTIMIZATION_JOBS)


def test_a_child_that_two_kinds_share_is_watched_once() -> None:
    assert Scope.of((KIND, KIND)).children == (JOBS, PODS)


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_type_that_one_kind_cannot_do_without_is_optional_for_none(is_turned: bool) -> None:
    needy, easy = GreetingKind(children=(CARDS,)), GreetingKind(children=(SOME_CARDS,))
    (child,) = Scope.of((easy, needy) if is_turned else (needy, easy)).children
    assert not child.optional
    assert Scope.of((easy,)).children[0].optional


def test_no_namespaces_mean_all_of_them() -> None:
    assert SCOPE.namespaces == (None,)
    assert Scope.of((KIND,), ("a", "b")).namespaces == ("a", "b")


def test_custom_resources_are_seen_all_and_children_by_their_label() -> None:
    assert SCOPE.selector(OPTIMIZATION_JOBS) == ""
    assert SCOPE.selector(PODS) == LABEL_NAME


def test_a_custom_resource_concerns_itself() -> None:
    found = SCOPE.owner_of(OPTIMIZATION_JOBS, named("steel"))
    assert found == Key(OPTIMIZATION_JOBS, "team", "steel")


def test_a_child_concerns_the_one_its_labels_name() -> None:
    labels = {LABEL_NAME: "steel", LABEL_KIND: "OptimizationJob"}
    found = SCOPE.owner_of(PODS, named("steel-abc-xyz", **labels))
    assert found == Key(OPTIMIZATION_JOBS, "team", "steel")


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {LABEL_NAME: "steel"},
        {LABEL_KIND: "OptimizationJob"},
        {LABEL_NAME: "steel", LABEL_KIND: "SomethingElse"},
    ],
)
def test_an_object_that_is_not_labelled_as_ours_concerns_nobody(labels: dict[str, str]) -> None:
    assert SCOPE.owner_of(CONFIG_MAPS, named("notes", **labels)) is None


def test_a_child_concerns_whoever_controls_it_whatever_its_labels_say() -> None:
    child = named("a-1", **{LABEL_NAME: "another", LABEL_KIND: "OptimizationJob"})
    chain = [Key(JOBS, "team", "steel-1"), Key(OPTIMIZATION_JOBS, "team", "steel")]
    assert SCOPE.owner_of(PODS, child, chain) == chain[1]


def test_a_child_whose_controller_is_not_known_concerns_the_one_its_labels_name() -> None:
    labels = {LABEL_NAME: "steel", LABEL_KIND: "OptimizationJob"}
    chain = [Key(JOBS, "team", "steel-1")]
    found = SCOPE.owner_of(PODS, named("steel-abc", **labels), chain)
    assert found == Key(OPTIMIZATION_JOBS, "team", "steel")


def test_an_owner_of_the_whole_cluster_has_no_namespace() -> None:
    teams = Resource("argmin.dev/v1alpha1", "Team", "teams", namespaced=False)
    scope = Scope(owners=(teams,), children=(CONFIG_MAPS,), namespaces=("a", "b"))
    labels = {LABEL_NAME: "north", LABEL_KIND: "Team"}
    assert scope.owner_of(CONFIG_MAPS, named("quota", **labels)) == Key(teams, "", "north")
    assert scope.namespaces_of(teams) == (None,)
    assert scope.namespaces_of(CONFIG_MAPS) == ("a", "b")
    assert str(Key(teams, "", "north")) == "Team north"
