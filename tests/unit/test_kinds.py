"""The registries of kinds agree with each other, and a kind can be added to them by a caller."""

from __future__ import annotations

from argmin.api.registry import KINDS as INFOS
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.backends.registry import Backends
from argmin.kinds import KINDS, Environment, list_run_owners
from argmin.plan import Resource
from tests.kube.greetings import GREETINGS, GreetingKind

ENVIRONMENT = Environment(lambda _: Policy(Defaults(image="", intake_url="")), Backends())


def test_every_kind_with_an_api_has_a_reconciler_and_none_else() -> None:
    assert tuple(kind.info for kind in KINDS) == INFOS


def test_a_kind_is_built_for_the_type_of_its_registration() -> None:
    for kind in KINDS:
        built = kind.build(ENVIRONMENT).resource
        assert (built, built.namespaced) == (Resource.of_kind(kind.info), kind.info.namespaced)


def test_the_kinds_that_list_runs_are_those_that_may_deliver_results() -> None:
    kinds = [*(kind.build(ENVIRONMENT) for kind in KINDS), GreetingKind()]
    owners = list_run_owners(kinds)
    assert GREETINGS not in owners
    assert [resource.plural for resource in owners] == ["optimizationjobs"]
