"""Strict reading: what an API server would refuse is refused, with its path and a remedy."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.api.optimization.spec import OptimizationJob
from argmin.api.validation import InvalidObjectError, read_strictly
from tests.refusals import MODEL, REFUSALS, Refusal


def manifest(spec: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "metadata": {"name": "steel"},
        "spec": {"model": MODEL, **spec},
        **fields,
    }


def problems_of(document: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidObjectError) as refused:
        read_strictly(OptimizationJob, document)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.case)
def test_what_the_api_server_refuses_is_refused_with_the_same_message(refusal: Refusal) -> None:
    with pytest.raises(InvalidObjectError) as refused:
        read_strictly(OptimizationJob, refusal.manifest)
    assert any(
        refusal.message in problem.message and problem.path.startswith(refusal.field)
        for problem in refused.value.problems
    )


def test_a_good_object_is_read_with_its_lists_and_enums() -> None:
    job = read_strictly(
        OptimizationJob,
        manifest({"solver": {"name": "cbc"}, "inputs": [{"name": "a", "source": {"inline": "x"}}]}),
    )
    assert job.spec.solver.name == "cbc"
    assert job.spec.inputs[0].name == "a"


def test_the_status_in_a_file_is_left_out_as_the_api_server_does() -> None:
    job = read_strictly(OptimizationJob, manifest({}, status={"state": "Complete", "what": 1}))
    assert job.status.state is None


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"limit": {}}, "spec.limit: unknown field (did you mean limits?)"),
        (
            {"limits": {"relative_gap": "0.1"}},
            "spec.limits.relative_gap: unknown field (did you mean relativeGap?)",
        ),
        (
            {"env": [{"name": "A", "valuefrom": {}}]},
            "spec.env[0].valuefrom: unknown field (did you mean valueFrom?)",
        ),
        ({"zebra": 1}, "spec.zebra: unknown field"),
        (
            {"backend": {"sageMaker": {"volumeSizeGb": 30}}},
            "spec.backend.sageMaker.volumeSizeGb: unknown field (did you mean volumeSizeGB?)",
        ),
        (
            {"artifacts": {"s3": {"bucket": "team", "key": "a"}}},
            "spec.artifacts.s3.key: unknown field",
        ),
        ({"limits": None}, "spec.limits: write a mapping of fields, or remove it"),
        ({"threads": "2"}, "spec.threads: write a whole number, without quotes"),
        ({"seed": 1.0}, "spec.seed: write a whole number, such as 1"),
        ({"limits": {"solutions": 2.5}}, "spec.limits.solutions: write a whole number, such as 1"),
        ({"suspend": 1.0}, "spec.suspend: write true or false, without quotes"),
        (
            {"solver": {"options": {"gap": 0.5}}},
            'spec.solver.options.gap: write it in quotes, "0.5", so that the number stays exact',
        ),
        (
            {"limits": {"relativeGap": 0.5}},
            'spec.limits.relativeGap: write it in quotes, "0.5", so that the number stays exact',
        ),
        (
            {"inputs": [{"name": "a", "source": {"inline": ""}}]},
            "spec.inputs[0].source.inline: is empty: write its text, or remove it",
        ),
        ({"suspend": "yes"}, "spec.suspend: write true or false, without quotes"),
        (
            {"resources": {"limits": {"cpu": 0.5}}},
            'spec.resources.limits.cpu: write it in quotes, "0.5", so that the number stays exact',
        ),
        ({"outputs": [{"name": "a"}]}, "spec.outputs[0].path: is missing: write it"),
        (
            {"outputs": [{"name": "a", "path": "/x"}, {"name": "a", "path": "/y"}]},
            "spec.outputs[1]: name 'a' is used twice: choose another",
        ),
        (
            {"solver": {"name": "hihgs"}},
            "spec.solver.name: write one of 'cbc', 'glpk', 'highs', 'scip', 'cp-sat', 'ipopt' or"
            " 'scipy' (did you mean highs?)",
        ),
    ],
)
def test_a_problem_is_named_once_with_its_path_and_remedy(
    spec: dict[str, Any], problem: str
) -> None:
    assert problems_of(manifest(spec)) == [problem]


def test_all_problems_are_named_at_once() -> None:
    assert problems_of(manifest({"zebra": 1, "threads": 0, "limits": {"time": 10}})) == [
        "spec.zebra: unknown field",
        "spec.limits.time: write a positive duration with its unit, such as 90s, 10m or 1h30m;"
        " at most 99999h, 999999m or 99999999s",
        "spec.threads: should be greater than or equal to 1",
    ]


def test_a_message_that_names_its_path_does_not_name_it_twice() -> None:
    document = manifest({"solutionPool": {}, "solver": {"name": "cbc"}})
    assert problems_of(document) == ["spec.solutionPool needs spec.solver.name: cp-sat"]


@pytest.mark.parametrize("name", ["../steel", "American Steel", "-steel", "steel."])
def test_a_name_that_no_cluster_takes_is_refused(name: str) -> None:
    (problem,) = problems_of(manifest({}, metadata={"name": name}))
    assert problem.startswith(f"metadata.name: {name!r} is no name for an object")
