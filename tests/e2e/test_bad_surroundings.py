"""What a job needs is missing: it waits, says for what, and goes on when it is there."""

from __future__ import annotations

import pytest

from tests.e2e.jobs import (
    JOBS,
    SMALL,
    await_job,
    await_jobs,
    config_map,
    message_of,
    optimization_job,
    script_job,
    status_of,
)
from tests.kubectl import Kubectl, Object, condition_of, holds

PRINTS = "from argmin_solvers.script.report import report; report(objective=1)"


def from_config_map(name: str, reference: str, key: str) -> Object:
    source = {"configMapKeyRef": {"name": reference, "key": key}}
    return optimization_job(name, script={"source": source})


JOBS_THAT_WAIT = [
    from_config_map("no-config-map", "plans", "plan.py"),
    from_config_map("no-key", "programs", "plan.py"),
    script_job("no-image", PRINTS, image="registry.invalid/team/solvers:1"),
    script_job("bad-image-name", PRINTS, image="Not An Image"),
    script_job("no-node", PRINTS, resources={"requests": {"cpu": "500"}}),
    script_job(
        "no-secret",
        PRINTS,
        env=[
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "licence", "key": "key"}}},
        ],
    ),
]
REASONS = {
    "no-config-map": ("Stalled", "SourceNotFound"),
    "no-key": ("Stalled", "SourceNotFound"),
    "no-image": ("Stalled", "ImagePullBackOff"),
    "bad-image-name": ("Stalled", "InvalidImageName"),
    "no-node": ("Reconciling", "Unschedulable"),
    "no-secret": ("Stalled", "CreateContainerConfigError"),
}


def has_said_why(job: Object) -> bool:
    kind, reason = REASONS[job["metadata"]["name"]]
    condition = condition_of(job, kind)
    return bool(condition.get("status") == "True" and condition["reason"] == reason)


@pytest.fixture(scope="module")
def jobs(shared: Kubectl) -> dict[str, Object]:
    shared.apply(config_map("programs", main_py=PRINTS), *JOBS_THAT_WAIT)
    return await_jobs(shared, REASONS, has_said_why)


def test_a_missing_config_map_is_named_with_the_field_that_names_it(
    jobs: dict[str, Object], shared: Kubectl
) -> None:
    assert message_of(jobs["no-config-map"], "Stalled") == (
        f'SourceNotFound: ConfigMap "plans" not found in namespace {shared.namespace}'
        " (spec.script.source.configMapKeyRef.name): create it, or name another"
    )


def test_a_missing_key_is_named_with_those_that_are_there(jobs: dict[str, Object]) -> None:
    assert message_of(jobs["no-key"], "Stalled") == (
        'SourceNotFound: ConfigMap "programs" has no key "plan.py"'
        " (spec.script.source.configMapKeyRef.key); its keys are: main.py"
    )


def test_an_image_that_does_not_exist_is_named_with_the_cause(jobs: dict[str, Object]) -> None:
    message = message_of(jobs["no-image"], "Stalled")
    assert 'image "registry.invalid/team/solvers:1" cannot be pulled: ' in message
    assert "correct spec.image, or name a login for its registry" in message


def test_a_text_that_is_no_image_name_is_said_to_be_none(jobs: dict[str, Object]) -> None:
    assert message_of(jobs["bad-image-name"], "Stalled") == (
        'InvalidImageName: "Not An Image" is no image name: correct spec.image'
    )


def test_resources_that_no_node_has_are_named(jobs: dict[str, Object]) -> None:
    message = message_of(jobs["no-node"], "Reconciling")
    assert message.startswith("Unschedulable: no node can take the run: 0/")
    assert "Insufficient cpu" in message
    assert "spec.resources" in message
    assert status_of(jobs["no-node"], "state") == {"state": "Pending"}


def test_a_missing_secret_is_named_without_the_operator_reading_any(
    jobs: dict[str, Object],
) -> None:
    message = message_of(jobs["no-secret"], "Stalled")
    assert 'the container cannot be set up: secret "licence" not found' in message
    assert "create what is missing, or correct spec.env" in message


def test_jobs_go_on_by_themselves_when_what_they_need_is_there(
    jobs: dict[str, Object], shared: Kubectl
) -> None:
    shared.apply(config_map("plans", plan_py=PRINTS), config_map("programs", plan_py=PRINTS))
    shared.run("create", "secret", "generic", "licence", "--from-literal=key=1")
    healed = await_jobs(shared, ["no-config-map", "no-key", "no-secret"])
    assert all(holds(job, "Complete") and not holds(job, "Stalled") for job in healed.values())


def test_a_job_is_put_right_by_an_edit(jobs: dict[str, Object], shared: Kubectl) -> None:
    shared.apply(script_job("no-node", PRINTS, resources=SMALL))
    assert holds(await_job(shared, "no-node"), "Complete")
    shared.run(
        "patch", JOBS, "no-image", "--type=json", '--patch=[{"op":"remove","path":"/spec/image"}]'
    )
    assert holds(await_job(shared, "no-image"), "Complete")
