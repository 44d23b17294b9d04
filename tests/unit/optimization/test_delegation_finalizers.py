"""The finalizer that keeps the owner of a job on SageMaker, and those of others."""

from __future__ import annotations

from tests.unit.optimization.delegated import DelegatedWorld, delegated, running
from tests.unit.optimization.world import KEY

FINALIZER = "argmin.dev/sagemaker"
STRANGER = "argmin.dev/of-another"


def test_other_finalizers_stay() -> None:
    world = delegated()
    world.object["metadata"]["finalizers"].append(STRANGER)
    world.delete()
    world.settle()
    world.aws.never_start(world.aws_job.name)
    world.look_later()
    assert world.finalizers == [STRANGER]


def test_a_finalizer_that_another_manager_owns_is_released_too() -> None:
    """As on an object that was restored from a backup."""
    world = DelegatedWorld()
    world.object["metadata"]["finalizers"] = [STRANGER, FINALIZER]
    world.settle()
    world.container_starts()
    world.container_ends()
    assert world.finalizers == [STRANGER]


def test_a_finalizer_of_an_earlier_version_is_released_too() -> None:
    world = DelegatedWorld()
    apply_finalizers(world, [FINALIZER], "argmin-finalizer")
    world.settle()
    world.container_starts()
    world.container_ends()
    assert world.finalizers == []


def test_an_abandoned_job_goes_whoever_owns_its_finalizer() -> None:
    world = DelegatedWorld()
    world.object["metadata"]["finalizers"] = [FINALIZER]
    world.settle()
    world.delete()
    world.annotate(abandon="true")
    world.settle()
    assert not world.exists


def test_the_finalizer_of_another_part_of_argmin_stays_when_a_job_is_bound() -> None:
    world = DelegatedWorld()
    apply_finalizers(world, [STRANGER], "argmin-finalizer")
    world.settle()
    assert world.finalizers == [STRANGER, FINALIZER]


def apply_finalizers(world: DelegatedWorld, finalizers: list[str], manager: str) -> None:
    metadata = world.object["metadata"]
    identity = {name: metadata[name] for name in ("name", "namespace", "uid")}
    head = {"kind": KEY.resource.kind, "metadata": {**identity, "finalizers": finalizers}}
    world.store.apply(head, manager)


def test_a_finalizer_that_somebody_took_away_is_put_back() -> None:
    world = running()
    world.object["metadata"]["finalizers"] = []
    world.settle()
    assert world.finalizers == ["argmin.dev/sagemaker"]
