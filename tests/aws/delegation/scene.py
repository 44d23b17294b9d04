"""A namespace whose jobs are delegated: its user, the operator's process, and AWS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.aws.control import Call, Fault, FaultKind, Job
from tests.aws.delegation.identity import OPERATOR
from tests.aws.delegation.manifests import build_blend, build_endless
from tests.aws.emulator import Aws
from tests.aws.seed import BUCKET
from tests.aws.stage import Stage, request
from tests.cluster.waiting import wait_until
from tests.kube.process import Operator
from tests.kubectl import Kubectl, Object, condition_of, finished

PREFIX = "argmin"
"""Of the namespace's default store."""
KIND = "optimizationjobs.argmin.dev"
PATIENCE = 240.0
OVER = ("Completed", "Failed", "Stopped")
OURS = {
    *("answer.json", "inventory.json", "job.json", "proof.json", "run.log", "solution.json"),
}
"""All that argmin leaves in the folder of a run, beside its outputs."""

_COMMAND = Path(sys.executable).with_name("argmin")


@dataclass
class Scene:
    """What a test has before it, and what it may do."""

    aws: Aws
    user: Kubectl
    operator: Operator

    def submit(self, manifest: Object) -> str:
        """Apply a job; its name."""
        self.user.apply(manifest)
        return str(manifest["metadata"]["name"])

    def submit_too_late(self, manifest: Object, tags: Mapping[str, str] | None = None) -> str:
        """Submit a job whose name at AWS somebody else takes first; that name."""
        name = str(manifest["metadata"]["name"])
        with self.aws.faults.during(
            FaultKind.ACCESS_DENIED, "sagemaker", "CreateProcessingJob", principal="argmin"
        ):
            self.submit(manifest)
            self.await_condition(name, "Stalled", "AccessDenied")
            taken = self.calls("sagemaker", "CreateProcessingJob")[-1].resource
            stranger = request(self.aws, taken, ["/bin/sleep", "600"])
            stranger["Tags"] = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
            self.aws.client("sagemaker").create_processing_job(**stranger)
        return taken

    def solve(self, name: str = "blend", **spec: Any) -> Object:
        """Submit a small linear program, and wait for its answer; the status."""
        return self.finish(self.submit(build_blend(name, **spec)))

    def finish(self, name: str) -> Object:
        """Wait until a job is over; its status."""
        return self.await_status(name, finished, "is over")

    def await_status(self, name: str, holds: Callable[[Object], bool], what: str) -> Object:
        """Wait until a job is as it should be; its status."""
        found = self.user.wait_for(KIND, name, holds, what, PATIENCE)
        status: Object = found["status"]
        return status

    def await_condition(self, name: str, kind: str, reason: str) -> Object:
        """Wait until a condition is `True` for a reason; the condition."""

        def is_so(obj: Object) -> bool:
            found = condition_of(obj, kind)
            return found.get("status") == "True" and found.get("reason") == reason

        self.await_status(name, is_so, f"is {kind} by {reason}")
        return condition_of(self.user.get(KIND, name), kind)

    def edit(self, name: str, patch: str) -> None:
        """Merge a JSON patch into a job."""
        self.user.run("patch", KIND, name, "--type=merge", f"--patch={patch}")

    def delete(self, name: str) -> None:
        """Delete a job, without waiting until it is gone."""
        self.user.delete(KIND, name, "--wait=false")

    def await_gone(self, name: str) -> None:
        """Wait until a job is not there any more."""
        self._wait_until(lambda: self.user.find(KIND, name) is None, f"{name} to be gone")

    def await_running(self, name: str) -> Job:
        """Wait until AWS runs a job; the AWS job."""

        def runs() -> bool:
            return any(job.started and not job.ended for job in self.attempts(name))

        self._wait_until(runs, f"AWS to run {name}")
        return self.attempts(name)[-1]

    def await_over(self, name: str) -> Job:
        """Wait until the last attempt of a job is over at AWS; the AWS job."""

        def is_over() -> bool:
            jobs = self.attempts(name)
            return bool(jobs) and jobs[-1].status in OVER

        self._wait_until(is_over, f"AWS to be done with {name}")
        return self.attempts(name)[-1]

    def start_endless(self, name: str = "endless", **spec: Any) -> Job:
        """Submit a job that goes on until it is stopped, and wait until it listens to that."""
        self.submit(build_endless(name, **spec))
        job = self.await_running(name)
        self.await_log(job, "searching")
        return job

    def await_attempts(self, name: str, count: int) -> None:
        """Wait until AWS knows so many attempts of a job."""
        self._wait_until(lambda: len(self.attempts(name)) == count, f"attempt {count} of {name}")

    def await_log(self, job: Job, text: str) -> None:
        """Wait until an AWS job has written a text."""
        stage = Stage(self.aws)
        self._wait_until(
            lambda: any(text in line for line in stage.log(job.name)),
            f"{text!r} in the log of {job.name}",
        )

    def attempts(self, name: str) -> list[Job]:
        """The AWS jobs of a job, oldest first; each is one attempt of it."""
        wanted = {"argmin.dev/namespace": self.user.namespace, "argmin.dev/name": name}
        return [job for job in self.aws.jobs() if wanted.items() <= job.tags.items()]

    def calls(self, service: str = "", operation: str = "") -> list[Call]:
        """What the operator has asked of AWS, by its own identity or by its team's."""
        return [
            call
            for call in self.aws.calls(service, operation)
            if OPERATOR in call.principal or "assumed-role/argmin-team/" in call.principal
        ]

    def list_keys(self, name: str) -> set[str]:
        """The keys of a job in the bucket, without the prefix that they share."""
        prefix = f"{PREFIX}/{self.user.namespace}/{name}/"
        pages = (
            self.aws.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=BUCKET, Prefix=prefix)
        )
        keys = (entry["Key"] for page in pages for entry in page.get("Contents", ()))
        return {str(key).removeprefix(prefix) for key in keys}

    @contextmanager
    def held(self, service: str, operation: str, when: str = "before") -> Iterator[Fault]:
        """Hold the operator at a call, before it takes effect or after, while the block lasts."""
        with self.aws.faults.during(
            FaultKind.HANG, service, operation, when=when, principal=OPERATOR, seconds=600
        ) as fault:
            yield fault

    def await_hit(self, fault: Fault, times: int = 1) -> None:
        """Wait until a fault has struck."""

        def has_struck() -> bool:
            return any(f.id == fault.id and f.hits >= times for f in self.aws.faults.list())

        self._wait_until(has_struck, f"{fault.service}:{fault.operation} to be called")

    def run_command(self, *arguments: str) -> str:
        """What `argmin …` prints, run by the user with AWS credentials of their own."""
        done = subprocess.run(
            [_COMMAND, *arguments, "--namespace", self.user.namespace],
            env={
                "PATH": os.environ["PATH"],
                "KUBECONFIG": str(self.user.kubeconfig),
                "COLUMNS": "200",
                **self.aws.environment(),
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def check_attempts(self, name: str, *statuses: str) -> None:
        """AWS ran exactly these attempts, each once, and they ended so.

        Each was created by the one call that succeeded, however often it was asked for: a call
        that a fault befell may have succeeded too, with nobody to hear of it. One that still hangs
        is not among the calls yet.
        """
        jobs = self.attempts(name)
        assert [job.status for job in jobs] == [*statuses], jobs
        calls = self.aws.calls("sagemaker", "CreateProcessingJob")
        hangs = any(
            fault.hits and fault.operation == "CreateProcessingJob"
            for fault in self.aws.faults.list()
            if fault.kind is FaultKind.HANG and fault.when == "after"
        )
        for job in jobs:
            mine = [call for call in calls if call.resource == job.name]
            count = sum(call.status == HTTPStatus.OK for call in mine)
            is_lost = count == 0 and (hangs or any(call.fault for call in mine))
            assert count == 1 or is_lost, mine

    def check_nothing_left(self, name: str) -> None:
        """Delete a job: no finalizer holds it, nothing of it runs at AWS, what it leaves in the
        bucket is as documented, and the operator's log shows no traceback."""
        self.delete(name)
        self.await_gone(name)
        running = [job for job in self.aws.jobs() if job.status not in OVER]
        assert not running, running
        for key in self.list_keys(name):
            _run, _, file = key.partition("/")
            assert file in OURS or file.startswith("outputs/"), key
        log = self.operator.log.read_text()
        assert "Traceback" not in log, log
        assert '"exception"' not in log, log

    def _wait_until(self, holds: Callable[[], bool], what: str) -> None:
        wait_until(holds, what, timeout=PATIENCE, interval=0.1, hint=self._describe)

    def _describe(self) -> str:
        lines = self.operator.log.read_text().splitlines()
        return "\n".join([*map(str, self.aws.jobs()), *lines[-20:]])
