"""A processing job that really runs: inputs, containers, log, outputs, ending."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.aws.iam import Principal, RoleAssumption
from tests.aws.processing.container import Container
from tests.aws.processing.jobs import (
    COMPLETED,
    DEFAULT_MAX_RUNTIME,
    FAILED,
    STOPPED,
    STOPPING,
    Ending,
    ProcessingJob,
)
from tests.aws.processing.log_stream import LogStream
from tests.aws.processing.outputs import JobOutput, list_outputs
from tests.aws.processing.roots import Root, find_root
from tests.aws.processing.state_events import mark_stopping
from tests.aws.processing.transfer import Transfer, TransferError, on_host
from tests.aws.server.identities import find_role
from tests.aws.server.registry import Context
from tests.aws.services.sts import credentials_of, open_session

SAGEMAKER = Principal("sagemaker.amazonaws.com")
MESSAGE_BYTES = 1024
CONTINUOUS_SECONDS = 1.0
TICK_SECONDS = 0.05


def execute(job: ProcessingJob, context: Context) -> Ending:
    """Run the job's containers, one an instance, until all are over."""
    world = context.world
    folder = world.work / "jobs" / f"{job.account}-{job.region}-{job.name}"
    try:
        settings = world.settings
        root = find_root(job.image, world.cache, world.checkout, settings.checkout_images)
        job.runs_in = root.kind
        return Execution(job, context, root, folder).run()
    except LookupError:
        return Ending(FAILED, _no_image(job.image))
    except TransferError as error:
        return Ending(FAILED, str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _no_image(image: str) -> str:
    return (
        f"ClientError: Cannot pull algorithm container. Either the image {image} does not exist or"
        " its permissions are incorrect."
    )


class Execution:
    """One run of one job."""

    def __init__(self, job: ProcessingJob, context: Context, root: Root, folder: Path) -> None:
        self._job = job
        self._world = context.world
        self._root = root
        count = int(job.cluster["InstanceCount"])
        self._hosts = [f"algo-{number}" for number in range(1, count + 1)]
        self._folders = [folder / host for host in self._hosts]
        role = job.request["RoleArn"]
        found = find_role(role)
        assumption = RoleAssumption(
            SAGEMAKER,
            role,
            "SageMaker",
            source_arn=job.arn,
            source_account=job.account,
            duration_seconds=43200,
            role_tags=found.tags if found else {},
        )
        session = open_session(context.world, assumption, job.region)
        self._credentials = credentials_of(session)
        self._transfer = Transfer(context.world.url, job.region, role, self._credentials)
        self._outputs = list_outputs(job.request)
        self._seen: dict[Path, tuple[int, int]] = {}

    def run(self) -> Ending:
        """Prepare, run, collect.

        Raises:
            TransferError: inputs or outputs cannot be moved.
        """
        for number, folder in enumerate(self._folders):
            self._prepare(folder / "ml", number)
        if self._job.stop.is_set():
            return Ending(STOPPED)
        self._job.started = self._job.modified = datetime.now(UTC)
        codes = self._run_containers()
        stopped = self._job.stop.is_set() or self._job.status == STOPPING
        if not self._job.kill.is_set():
            self._upload(self._outputs)
        return self._conclude(codes, stopped)

    def _prepare(self, ml: Path, number: int) -> None:
        for path in ("config", "processing/input", "processing/output", "output"):
            (ml / path).mkdir(parents=True, exist_ok=True)
        config = {
            key: value
            for key, value in self._job.describe().items()
            if key not in ("ProcessingJobStatus", "CreationTime", "LastModifiedTime")
        }
        (ml / "config" / "processingjobconfig.json").write_text(json.dumps(config))
        resources = {"current_host": self._hosts[number], "hosts": self._hosts}
        (ml / "config" / "resourceconfig.json").write_text(json.dumps(resources))
        for output in self._outputs:
            on_host(ml, output.local_path).mkdir(parents=True, exist_ok=True)
        for source in self._job.request.get("ProcessingInputs", ()):
            if "S3Input" in source:
                self._transfer.download(source["S3Input"], ml, number, len(self._hosts))

    def _run_containers(self) -> list[int]:
        containers: list[Container] = []
        streams: list[LogStream] = []
        epoch = int(time.time())
        try:
            for host, folder in zip(self._hosts, self._folders, strict=True):
                container = self._start(folder)
                containers.append(container)
                name = f"{self._job.name}/{host}-{epoch}"
                job = self._job
                streams.append(LogStream(job.account, job.region, name, container.output))
            return self._watch(containers)
        finally:
            for container in containers:
                container.kill()
            for stream in streams:
                stream.close()

    def _start(self, folder: Path) -> Container:
        app = self._job.request["AppSpecification"]
        entrypoint = app.get("ContainerEntrypoint") or self._root.entrypoint
        replaced = app.get("ContainerEntrypoint") or app.get("ContainerArguments")
        arguments = app.get("ContainerArguments") or (() if replaced else self._root.command)
        network = self._job.request.get("NetworkConfig", {})
        as_root = not self._world.settings.run_as_image_user
        return Container(
            folder,
            self._root,
            [*entrypoint, *arguments],
            self._environment(),
            isolated=bool(network.get("EnableNetworkIsolation")),
            user="" if as_root else self._root.user,
        )

    def _environment(self) -> Mapping[str, str]:
        job = self._job
        return {
            "AWS_REGION": job.region,
            "AWS_DEFAULT_REGION": job.region,
            "AWS_ENDPOINT_URL": self._world.url,
            "AWS_ACCESS_KEY_ID": self._credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self._credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self._credentials["SessionToken"],
            "PROCESSING_JOB_NAME": job.name,
            **job.request.get("Environment", {}),
        }

    def _watch(self, containers: list[Container]) -> list[int]:
        """Wait for all, upload what is continuous, stop where that is due."""
        condition: Mapping[str, Any] = self._job.request.get(
            "StoppingCondition", DEFAULT_MAX_RUNTIME
        )
        deadline = time.monotonic() + condition["MaxRuntimeInSeconds"]
        killed_at: float | None = None
        upload_at = time.monotonic() + CONTINUOUS_SECONDS
        continuous = [output for output in self._outputs if output.continuous]
        while True:
            codes = [container.wait(TICK_SECONDS) for container in containers]
            done = [code for code in codes if code is not None]
            if len(done) == len(containers):
                return done
            now = time.monotonic()
            if killed_at is None and (self._job.stop.is_set() or now >= deadline):
                killed_at = now + self._world.settings.stop_grace_seconds
                self._stop(containers)
            if self._job.kill.is_set() or (killed_at is not None and now >= killed_at):
                for container in containers:
                    container.kill()
            if now >= upload_at:
                self._upload(continuous)
                upload_at = time.monotonic() + CONTINUOUS_SECONDS

    def _stop(self, containers: list[Container]) -> None:
        if self._job.status != STOPPING:
            mark_stopping(self._job, self._world)
        for container in containers:
            container.terminate()

    def _upload(self, outputs: list[JobOutput]) -> None:
        for output in outputs:
            for folder in self._folders:
                self._transfer.upload(output, folder / "ml", self._seen)

    def _conclude(self, codes: list[int], stopped: bool) -> Ending:
        try:
            message = self._read_message()
        except UnicodeDecodeError:
            text = "ClientError: The exit message /opt/ml/output/message is not UTF-8 text."
            return Ending(FAILED, text)
        failed = next((code for code in codes if code), 0)
        if stopped:
            return Ending(STOPPED, None, message)
        if failed:
            return Ending(FAILED, f"AlgorithmError: , exit code: {failed}", message)
        return Ending(COMPLETED, None, message)

    def _read_message(self) -> str | None:
        """The first KiB of what the containers left as their last words."""
        files = [folder / "ml" / "output" / "message" for folder in self._folders]
        said = b"".join(file.read_bytes() for file in files if file.is_file())
        said.decode()
        cut = said[:MESSAGE_BYTES].decode(errors="ignore")
        return cut or None
