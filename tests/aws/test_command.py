"""`python -m tests.aws`: an emulator for laptops, and its end without a trace."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator

import boto3
import psutil
import pytest

from tests.aws.emulator import Aws, emulator
from tests.aws.running import find, stop
from tests.aws.stage import Stage
from tests.cluster.cache import REPOSITORY, cache_root
from tests.cluster.waiting import wait_until

pytestmark = pytest.mark.aws

NAME = f"test-{os.getpid()}"


@pytest.fixture
def started() -> Iterator[str]:
    _run("up", "--name", NAME)
    yield NAME
    stop(NAME)


def _run(*arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.aws", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_its_variables_are_all_that_a_client_needs(
    started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in _run("env", "--name", started).splitlines():
        key, _, value = line.removeprefix("export ").partition("=")
        monkeypatch.setenv(key, shlex.split(value)[0])
    buckets = boto3.session.Session().client("s3").list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in buckets] == ["argmin"]


def test_a_second_start_finds_the_first(started: str) -> None:
    before = find(started)
    _run("up", "--name", started)
    assert find(started) == before


def test_one_that_listens_elsewhere_is_not_taken_for_the_one_that_is_wanted(started: str) -> None:
    said = _run("up", "--name", started, "--host", "127.0.0.9", code=1)
    assert f"emulator {started!r} runs and does not listen on 127.0.0.9: stop it with" in said
    assert f"tests.aws down --name {started}" in said


def test_it_is_gone_with_its_jobs_and_its_files(started: str) -> None:
    running = find(started)
    assert running is not None
    stage = Stage(Aws(running.url))
    stage.create("endless", "echo up; while :; do sleep 4712; done")
    stage.wait_for_log("endless", "up")
    assert "endless" in _run("status", "--name", started)
    assert "stopped" in _run("down", "--name", started)
    assert not running.alive
    assert not _command_lines("4712")
    assert not (cache_root() / "aws" / "running" / started).exists()
    assert "start it with `make aws-up`" in _run("status", "--name", started, code=1)
    assert "nothing ran" in _run("down", "--name", started)


def test_a_port_that_is_taken_is_told_without_a_traceback(started: str) -> None:
    running = find(started)
    assert running is not None
    port = running.url.rpartition(":")[2]
    said = _run("up", "--name", f"{started}-too", "--port", port, code=1)
    assert "is in use" in said
    assert "Traceback" not in said
    assert not (cache_root() / "aws" / "running" / f"{started}-too").exists()


def test_it_listens_on_each_address_that_is_named() -> None:
    with emulator("127.0.0.2") as aws:
        there = Aws(aws.environment("127.0.0.2")["AWS_ENDPOINT_URL"])
        there.client("s3").put_object(Bucket="argmin", Key="a", Body=b"")
        assert [call.operation for call in aws.calls("s3")][-1] == "PutObject"
        there.close()


def test_jobs_end_with_an_emulator_that_is_killed() -> None:
    script = "from tests.aws.emulator import emulator; import os, sys\n" + (
        "with emulator() as aws:\n    print(aws.url, flush=True)\n    sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    stage = Stage(Aws(owner.stdout.readline().strip()))
    stage.create("endless", "echo up; while :; do sleep 4713; done")
    stage.wait_for_log("endless", "up")
    for child in psutil.Process(owner.pid).children():
        child.kill()
    wait_until(lambda: not _command_lines("4713"), "the job's processes to end", timeout=30)
    owner.communicate(timeout=60)


def _command_lines(word: str) -> list[list[str]]:
    lines = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if line and word in line]
