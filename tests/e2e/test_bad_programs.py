"""Programs that misbehave: each ends as it should, and the job says what happened."""

from __future__ import annotations

import pytest

from tests.cluster.waiting import wait_until
from tests.e2e.jobs import await_jobs, message_of, optimization_job, script_job, status_of
from tests.kubectl import Kubectl, Object, holds

EXITS_WITH_3 = """
import sys

print("the data of March are missing", file=sys.stderr)
sys.exit(3)
"""
NOT_UTF_8 = """
import sys

sys.stdout.buffer.write(b"caf\\xe9 \\xff\\xfe\\n")
sys.stderr.buffer.write(b"\\xc3\\x28\\n")
sys.stdout.buffer.flush()
print("cost = 12.5")
"""
PRINTS_A_MEGABYTE = """
print("x" * 1_000_000)
for number in range(20_000):
    print("iteration", number, "of a talkative program")
print("cost = 12.5")
"""
WRITES_TOO_MUCH = """
import os, pathlib

folder = pathlib.Path(os.environ["ARGMIN_OUTPUT_DATA"])
(folder / "noise.bin").write_bytes(os.urandom(3 * 1024 * 1024))
"""
NEEDS_TOO_MUCH_MEMORY = """
held = []
while True:
    held.append(bytearray(16 * 1024 * 1024))
"""
FILLS_ITS_FOLDER = """
import pathlib, time

pathlib.Path("/tmp/noise.bin").write_bytes(bytes(64 * 1024 * 1024))
time.sleep(600)
"""
COST = [{"name": "objective", "regex": r"cost = (\S+)"}]


def job(name: str, program: str, **spec: object) -> Object:
    script = {"source": {"inline": program}, "metrics": COST}
    return optimization_job(name, script=script, backoffLimit=0, **spec)


@pytest.fixture(scope="module")
def jobs(shared: Kubectl) -> dict[str, Object]:
    outputs = [{"name": "data", "path": "/opt/ml/processing/data"}]
    memory = {"requests": {"cpu": "50m"}, "limits": {"memory": "128Mi"}}
    applied = [
        job("exits-with-3", EXITS_WITH_3),
        job("not-utf-8", NOT_UTF_8),
        job("talkative", PRINTS_A_MEGABYTE),
        job("too-large", WRITES_TOO_MUCH, outputs=outputs),
        job("filled", FILLS_ITS_FOLDER, resources={"ephemeralStorage": "16Mi"}),
        job("greedy", NEEDS_TOO_MUCH_MEMORY, resources=memory),
        job("not-finite", "print('cost = 1e999')"),
        optimization_job(
            "no-such-command",
            script={"source": {"inline": "1"}, "command": ["julia"]},
            backoffLimit=0,
        ),
        script_job("retried", EXITS_WITH_3, backoffLimit=1),
    ]
    shared.apply(*applied)
    return await_jobs(shared, [each["metadata"]["name"] for each in applied])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "exits-with-3",
            "ProgramFailed: the program ended with exit code 3: the data of March are missing",
        ),
        (
            "not-finite",
            "ProgramFailed: the program told: objective is '1e999': write a finite number, which a"
            " double can hold",
        ),
        (
            "no-such-command",
            "ProgramFailed: spec.script.command: julia cannot be started: No such file or"
            " directory",
        ),
        (
            "greedy",
            "OOMKilled: the run needed more than its memory limit of 128Mi and was killed: raise"
            " spec.resources.limits.memory, or use fewer threads",
        ),
    ],
)
def test_a_program_that_fails_fails_its_job_with_the_cause(
    jobs: dict[str, Object], name: str, message: str
) -> None:
    assert holds(jobs[name], "Failed")
    assert message_of(jobs[name], "Failed") == message


def test_outputs_that_are_too_large_are_refused_and_never_dropped_silently(
    jobs: dict[str, Object],
) -> None:
    job = jobs["too-large"]
    assert holds(job, "Failed")
    assert message_of(job, "Failed") == (
        "AnswerTooLarge: spec.outputs.data: the outputs have more than 1032192 bytes compressed,"
        " which is what can be delivered without a store: keep fewer or smaller files, or name a"
        " bucket in spec.artifacts"
    )
    assert "solutionRef" not in job["status"]


def test_a_program_that_fills_its_scratch_folder_fails_and_its_job_goes(
    jobs: dict[str, Object], shared: Kubectl
) -> None:
    job = jobs["filled"]
    assert holds(job, "Failed")
    assert "raise spec.resources.ephemeralStorage" in message_of(job, "Failed")
    assert message_of(job, "Failed").startswith("ScratchFolderFull: Evicted: ")
    assert len(job["status"]["attempts"]) == 1
    child = job["status"]["runName"]
    wait_until(lambda: shared.find("job", child) is None, "its Job to go", timeout=60)


def test_a_failed_program_is_tried_again_up_to_the_backoff_limit(jobs: dict[str, Object]) -> None:
    job = jobs["retried"]
    assert holds(job, "Failed")
    assert [run["exitCode"] for run in job["status"]["attempts"]] == [11, 11]
    assert message_of(job, "Failed").startswith("ProgramFailed: 2 attempts failed; the last: ")


@pytest.mark.parametrize("name", ["not-utf-8", "talkative"])
def test_whatever_a_program_prints_its_answer_counts(jobs: dict[str, Object], name: str) -> None:
    assert holds(jobs[name], "Complete")
    assert status_of(jobs[name], "outcome", "objective") == {
        "outcome": "Feasible",
        "objective": "12.5",
    }
