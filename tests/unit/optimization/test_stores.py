"""Jobs whose files are in object stores."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.api.answer import ExitCode, Reason, RunReport
from argmin.api.run import RunDocument
from argmin.api.storage import S3Store, StoredResult
from argmin.plan import CONFIG_MAPS
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, World, failure, started

STORE = {"bucket": "results", "prefix": "argmin/", "region": "eu-central-1"}
SECRET = {"credentialsSecret": {"name": "team-s3"}}
MODEL = {
    "format": "lp",
    "source": {"s3": {"bucket": "models", "key": "2026/steel.lp", **SECRET}},
}


def document(world: World) -> RunDocument:
    """The job document that the pod of a world gets."""
    maps = (
        m for m in world.store.of(CONFIG_MAPS) if m["metadata"]["name"] == world.status["runName"]
    )
    return RunDocument.model_validate_json(next(maps)["data"]["job.json"])


def pod_spec(world: World) -> dict[str, Any]:
    spec: dict[str, Any] = world.job["spec"]["template"]["spec"]
    return spec


def volumes(world: World) -> dict[str, Any]:
    return {volume["name"]: volume for volume in pod_spec(world)["volumes"]}


def mounts(world: World) -> dict[str, Any]:
    return {m["name"]: m for m in pod_spec(world)["containers"][0]["volumeMounts"]}


def stored(answer: RunReport, prefix: str = "argmin/team/steel/run") -> RunReport:
    place = StoredResult(bucket="results", prefix=prefix, region="eu-central-1")
    return answer.model_copy(update={"stored": place})


class TestInputs:
    def test_a_key_is_fetched_to_the_path_where_the_runner_looks(self) -> None:
        world = started(model=MODEL)
        (download,) = document(world).transfers.downloads
        assert download.path == "/opt/ml/processing/input/source/steel.lp"
        assert document(world).task.path == download.path

    def test_a_folder_is_fetched_to_the_folder_of_its_input(self) -> None:
        source = {"s3": {"bucket": "data", "prefix": "costs/2026"}}
        world = started(inputs=[{"name": "costs", "source": source}])
        (download,) = document(world).transfers.downloads
        assert download.path == "/opt/ml/processing/input/costs"

    def test_a_further_key_keeps_the_name_of_its_file(self) -> None:
        source = {"s3": {"bucket": "data", "key": "costs/2026/may.csv"}}
        world = started(inputs=[{"name": "costs", "source": source}])
        (download,) = document(world).transfers.downloads
        assert download.path == "/opt/ml/processing/input/costs/may.csv"

    def test_what_is_fetched_has_an_empty_folder_of_its_own(self) -> None:
        world = started(model=MODEL)
        assert volumes(world)["input-source"] == {"name": "input-source", "emptyDir": {}}
        mount = mounts(world)["input-source"]
        assert mount == {"name": "input-source", "mountPath": "/opt/ml/processing/input/source"}


class TestCredentials:
    def test_a_secret_is_mounted_as_files_for_the_runner_alone(self) -> None:
        world = started(model=MODEL)
        projected = volumes(world)["s3-0"]["projected"]
        needed, optional = (source["secret"] for source in projected["sources"])
        assert needed["name"] == optional["name"] == "team-s3"
        assert [item["key"] for item in needed["items"]] == [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        ]
        assert [item["key"] for item in optional["items"]] == ["AWS_SESSION_TOKEN"]
        assert optional["optional"] is True
        assert "optional" not in needed
        assert projected["defaultMode"] == 0o440
        assert mounts(world)["s3-0"] == {
            "name": "s3-0",
            "mountPath": "/var/run/secrets/argmin.dev/s3/team-s3",
            "readOnly": True,
        }

    def test_nothing_of_it_is_in_the_environment(self) -> None:
        world = started(model=MODEL)
        (container,) = pod_spec(world)["containers"]
        assert not any("AWS" in variable["name"] for variable in container["env"])
        assert "envFrom" not in container

    def test_a_secret_that_several_places_name_is_mounted_once(self) -> None:
        world = started(
            model=MODEL,
            artifacts={"s3": {**STORE, **SECRET}},
            inputs=[
                {
                    "name": "costs",
                    "source": {
                        "s3": {
                            "bucket": "b-1",
                            "key": "k",
                            "credentialsSecret": {"name": "others"},
                        }
                    },
                }
            ],
        )
        paths = sorted(m["mountPath"] for n, m in mounts(world).items() if n.startswith("s3-"))
        root = "/var/run/secrets/argmin.dev/s3"
        assert paths == [f"{root}/others", f"{root}/team-s3"]

    def test_without_one_the_service_account_is_the_identity(self) -> None:
        world = started(serviceAccountName="solver", artifacts={"s3": STORE})
        spec = pod_spec(world)
        assert spec["serviceAccountName"] == "solver"
        assert spec["automountServiceAccountToken"] is False
        assert not any(name.startswith("s3-") for name in volumes(world))

    def test_a_pod_that_waits_for_a_missing_secret_says_which(self) -> None:
        world = World(model=MODEL)
        world.sync()
        world.pod_waits("ContainerCreating")
        world.settle()
        world.pass_time(20)
        world.settle()
        assert world.true_conditions == {"Reconciling": "VolumesNotReady"}
        message = world.message("Reconciling")
        assert 'it needs Secret "team-s3" (spec.model.source.s3.credentialsSecret)' in message
        assert "the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in message

    def test_a_secret_that_stays_away_stalls_the_job_until_it_is_there(self) -> None:
        world = waiting_for_volumes(artifacts={"s3": {**STORE, **SECRET}})
        assert world.true_conditions == {"Reconciling": "VolumesNotReady"}
        world.pass_time(40)
        world.settle()
        assert world.true_conditions == {"Stalled": "VolumesNotReady"}
        assert 'Secret "team-s3" (spec.artifacts.s3.credentialsSecret)' in world.message("Stalled")
        world.pod_runs()
        world.settle()
        assert world.status["state"] == "Running"

    def test_an_image_that_takes_long_to_pull_is_no_missing_secret(self) -> None:
        world = waiting_for_volumes(artifacts={"s3": {**STORE, **SECRET}})
        world.pod["status"]["conditions"][0]["status"] = "True"
        world.pass_time(40)
        world.settle()
        assert world.true_conditions == {"Reconciling": "VolumesNotReady"}

    def test_without_a_secret_slow_volumes_stall_nothing(self) -> None:
        world = waiting_for_volumes(artifacts={"s3": STORE})
        world.pass_time(40)
        world.settle()
        assert world.true_conditions == {"Reconciling": "VolumesNotReady"}


def waiting_for_volumes(**spec: Any) -> World:
    """A world whose pod has had its node for 20 s, and has no volumes yet."""
    world = World(**spec)
    world.sync()
    world.pod_waits("ContainerCreating")
    world.pod["status"]["conditions"] = [{"type": "PodReadyToStartContainers", "status": "False"}]
    world.settle()
    world.pass_time(20)
    world.settle()
    return world


class TestResults:
    def test_a_result_goes_to_the_folder_of_its_run(self) -> None:
        world = started(artifacts={"s3": STORE})
        place = document(world).transfers.result
        assert place is not None
        assert place.prefix == f"argmin/team/steel/{world.status['runName']}"
        assert (place.bucket, place.region) == ("results", "eu-central-1")

    def test_the_namespace_may_have_a_store(self) -> None:
        world = World()
        world.artifacts = S3Store(bucket="of-all-teams")
        world.settle()
        place = document(world).transfers.result
        assert place is not None
        assert place.bucket == "of-all-teams"
        assert place.prefix == f"team/steel/{world.status['runName']}"

    def test_a_job_overrides_the_store_of_its_namespace(self) -> None:
        world = World(artifacts={"s3": STORE})
        world.artifacts = S3Store(bucket="of-all-teams")
        world.settle()
        place = document(world).transfers.result
        assert place is not None
        assert place.bucket == "results"

    def test_an_output_may_have_a_place_of_its_own(self) -> None:
        output = {"name": "plan", "path": "/plan", "s3": {"bucket": "plans", "prefix": "today"}}
        world = started(artifacts={"s3": STORE}, outputs=[output])
        (upload,) = document(world).transfers.uploads
        assert (upload.name, upload.path) == ("plan", "/plan")
        assert (upload.target.bucket, upload.target.prefix) == ("plans", "today")

    def test_the_status_refers_to_where_the_runner_put_it(self) -> None:
        world = started(artifacts={"s3": STORE})
        world.pod_ends(ExitCode.OK, stored(OPTIMAL))
        world.sync()
        assert world.status["solutionRef"] == {
            "s3": {
                "bucket": "results",
                "prefix": "argmin/team/steel/run",
                "region": "eu-central-1",
            }
        }

    def test_the_status_still_says_so_when_the_default_store_has_changed(self) -> None:
        world = World()
        world.artifacts = S3Store(bucket="before")
        world.sync()
        world.pod_runs()
        world.artifacts = S3Store(bucket="after")
        world.pod_ends(ExitCode.OK, stored(OPTIMAL))
        world.sync()
        assert world.status["solutionRef"]["s3"]["bucket"] == "results"

    def test_without_a_store_it_is_in_a_config_map(self) -> None:
        world = started()
        world.pod_ends(ExitCode.OK, OPTIMAL)
        world.sync()
        assert world.status["solutionRef"]["configMap"] == f"{world.status['runName']}-result"

    def test_a_failed_run_refers_to_its_log(self) -> None:
        world = started(backoffLimit=0, artifacts={"s3": STORE})
        answer = stored(failure(Reason.PROGRAM_FAILED, "the program ended with exit code 3"))
        world.pod_ends(ExitCode.PROGRAM_FAILED, answer)
        world.sync()
        assert world.true_conditions == {"Failed": "ProgramFailed"}
        assert world.status["solutionRef"]["s3"]["bucket"] == "results"


class TestTroubles:
    def test_a_missing_input_fails_the_job_at_once(self) -> None:
        world = started(model=MODEL)
        message = "input source: s3://models/2026/steel.lp does not exist (404)"
        world.pod_ends(ExitCode.INVALID_INPUT, failure(Reason.SOURCE_NOT_FOUND, message))
        world.sync()
        assert world.true_conditions == {"Failed": "SourceNotFound"}
        assert world.message("Failed") == message

    def test_a_store_that_is_away_is_tried_again(self) -> None:
        world = started(model=MODEL, backoffLimit=1)
        away = failure(Reason.TRANSFER_FAILED, "reading s3://models/2026/steel.lp failed")
        world.pod_ends(ExitCode.TRANSFER_FAILED, away)
        world.sync()
        assert "Failed" not in world.true_conditions
        world.pod_runs()
        world.pod_ends(ExitCode.TRANSFER_FAILED, away)
        world.sync()
        assert world.true_conditions == {"Failed": "TransferFailed"}

    def test_a_drain_during_the_upload_is_no_failure_of_the_run(self) -> None:
        world = started(backoffLimit=0, artifacts={"s3": STORE})
        world.pod_is_disrupted()
        lost = INTERRUPTED.model_copy(
            update={"reason": Reason.TRANSFER_FAILED, "delivered": False, "message": "cut off"}
        )
        world.pod_ends(ExitCode.TRANSFER_FAILED, lost)
        world.sync()
        world.pods_are_removed()
        world.sync()
        assert world.status["state"] == "Pending"
        assert "objective" not in world.status

    def test_a_deadline_during_the_upload_says_what_was_found_and_lost(self) -> None:
        world = started(activeDeadlineSeconds=600, artifacts={"s3": STORE})
        world.pass_time(1000)
        world.sync()
        lost = INTERRUPTED.model_copy(
            update={"reason": Reason.TRANSFER_FAILED, "delivered": False, "message": "cut off"}
        )
        world.pod_ends(ExitCode.TRANSFER_FAILED, lost)
        world.sync()
        assert world.true_conditions == {"Failed": "TransferFailed"}
        assert world.status["objective"] == "16000.0"

    def test_a_deadline_during_a_download_says_that_nothing_was_found(self) -> None:
        world = started(model=MODEL, activeDeadlineSeconds=600)
        world.pass_time(1000)
        world.sync()
        world.pod_ends(
            ExitCode.TRANSFER_FAILED, failure(Reason.TRANSFER_FAILED, "the store is away")
        )
        world.sync()
        assert world.true_conditions == {"Failed": "DeadlineExceeded"}


@pytest.mark.parametrize("name", ["../etc", "UPPER", "a/b", ""])
def test_a_secret_has_a_name_that_is_no_path(name: str) -> None:
    with pytest.raises(ValueError, match="credentialsSecret"):
        S3Store.model_validate({"bucket": "results", "credentialsSecret": {"name": name}})
