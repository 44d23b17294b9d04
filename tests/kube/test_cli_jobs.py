"""submit, get, watch and delete against a real API server; we write what an operator would."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.api.optimization.spec import OptimizationJobStatus
from argmin.api.progress import SearchProgress
from argmin.cli import main
from argmin.cli.errors import ExitStatus
from tests.cluster import api_server
from tests.cluster.waiting import wait_until
from tests.kube.cli_cluster import (
    BROKEN,
    KIND,
    RUNNING,
    SOLVED,
    STOPPING,
    Jobs,
    answer,
    job,
    open_jobs,
    write_kubeconfig,
)
from tests.refusals import MODEL

pytestmark = pytest.mark.kube

WAIT = ("--timeout", "60s")
SEARCH = SearchProgress(
    objective="16000", best_bound="14000", gap="0.125", solutions=7, elapsed_seconds=3
)


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    with open_jobs(f"kube-cli-jobs-{os.getpid()}") as opened:
        opened.create("steel")
        opened.set_conditions("steel", SOLVED, answer())
        yield opened


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def _write(*documents: dict[str, Any]) -> str:
        path = tmp_path / "job.yaml"
        path.write_text("\n---\n".join(map(json.dumps, documents)))
        return str(path)

    return _write


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as executor:
        yield executor


def config_map(name: str) -> dict[str, Any]:
    metadata = {"name": name}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "x"}}


class TestSubmit:
    def test_all_objects_are_applied_and_what_a_job_needs_comes_first(
        self, jobs: Jobs, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = write(job("submitted"), config_map("needed"))
        assert main(["submit", file, *jobs.options]) == ExitStatus.OK
        assert capsys.readouterr().out.splitlines() == [
            "configmap/needed applied",
            "optimizationjob/submitted applied",
        ]
        assert jobs.kubectl.get("configmap", "needed")["data"] == {"a": "x"}

    def test_twice_is_as_good_as_once(self, jobs: Jobs, write: Callable[..., str]) -> None:
        file = write(job("twice"))
        main(["submit", file, *jobs.options])
        before = jobs.kubectl.get(KIND, "twice")["metadata"]["resourceVersion"]
        assert main(["submit", file, *jobs.options]) == ExitStatus.OK
        assert jobs.kubectl.get(KIND, "twice")["metadata"]["resourceVersion"] == before

    def test_nothing_is_applied_where_a_job_is_invalid(
        self, jobs: Jobs, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = write(config_map("unneeded"), job("invalid", limits={"tiem": "10m"}))
        assert main(["submit", file, *jobs.options]) == ExitStatus.INVALID
        assert "spec.limits.tiem: unknown field (did you mean time?)" in capsys.readouterr().err
        assert jobs.kubectl.find("configmap", "unneeded") is None

    def test_other_kinds_are_left_to_kubectl(
        self, jobs: Jobs, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = write({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
        assert main(["submit", file, *jobs.options]) == ExitStatus.INVALID
        assert "not v1 Namespace: apply that with kubectl" in capsys.readouterr().err

    def test_values_of_secrets_are_not_shown(
        self, jobs: Jobs, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "login"},
            "stringData": {"key": "abc"},
        }
        assert main(["submit", write(secret), "-o", "json", *jobs.options]) == ExitStatus.OK
        assert "data" not in json.loads(capsys.readouterr().out)

    @pytest.mark.parametrize(
        ("name", "verdict", "code"),
        [("good", SOLVED, ExitStatus.OK), ("bad", BROKEN, ExitStatus.FAILED)],
    )
    def test_with_wait_it_ends_as_the_job_ends(
        self,
        name: str,
        verdict: Any,
        code: ExitStatus,
        jobs: Jobs,
        write: Callable[..., str],
        background: ThreadPoolExecutor,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def end() -> None:
            jobs.kubectl.wait_for(KIND, name, bool, "is submitted", 60)
            jobs.set_conditions(name, RUNNING)
            jobs.set_conditions(name, verdict, answer())

        ending = background.submit(end)
        command = ["submit", write(job(name)), "--wait", *WAIT, "-o", "json", *jobs.options]
        assert main(command) == code
        ending.result()
        captured = capsys.readouterr()
        assert json.loads(captured.out)["state"] == verdict.state
        assert f"optimizationjob/{name} applied" in captured.err
        assert f"{verdict.reason}: {verdict.message}" in captured.err

    def test_a_wait_that_takes_too_long_ends_with_5(
        self, jobs: Jobs, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = ["submit", write(job("slow")), "--wait", "--timeout", "100ms", *jobs.options]
        assert main(command) == ExitStatus.TIMEOUT
        assert "OptimizationJob slow: not done within 0.1 s" in capsys.readouterr().err


class TestGet:
    def test_a_table_has_a_line_a_job_with_its_answer(
        self, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["get", *jobs.options]) == ExitStatus.OK
        heading, *lines = capsys.readouterr().out.splitlines()
        assert heading.split() == [
            *("NAME", "STATE", "OUTCOME", "OBJECTIVE", "PROOF", "BOUND", "GAP", "SOLVER", "AGE")
        ]
        (line,) = (line.split() for line in lines if line.startswith("steel"))
        assert line[:8] == [
            *("steel", "Complete", "Optimal", "15005.0", "Certified", "15005.0", "0", "cbc")
        ]

    def test_a_job_that_runs_shows_where_its_search_stands(
        self, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        jobs.create("searching")
        jobs.set_conditions("searching", RUNNING, OptimizationJobStatus(progress=SEARCH))
        assert main(["get", "searching", *jobs.options]) == ExitStatus.OK
        line = capsys.readouterr().out.splitlines()[1].split()
        assert line[:5] == ["searching", "Running", "16000", "14000", "0.125"]

    def test_all_namespaces_are_shown_with_their_names(
        self, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["get", "-A", *jobs.options]) == ExitStatus.OK
        heading, *lines = capsys.readouterr().out.splitlines()
        assert heading.split()[0] == "NAMESPACE"
        assert any(line.split()[:2] == ["default", "steel"] for line in lines)

    @pytest.mark.parametrize(("form", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
    def test_one_object_is_shown_whole(
        self, form: str, load: Any, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["get", "steel", "-o", form, *jobs.options]) == ExitStatus.OK
        shown = load(capsys.readouterr().out)
        assert (shown["kind"], shown["status"]["objective"]) == ("OptimizationJob", "15005.0")

    def test_several_objects_are_a_list(
        self, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["get", "-o", "json", *jobs.options]) == ExitStatus.OK
        shown = json.loads(capsys.readouterr().out)
        assert shown["kind"] == "List"
        assert "steel" in [item["metadata"]["name"] for item in shown["items"]]

    def test_an_empty_namespace_is_told_on_standard_error(
        self, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["get", *jobs.options, "-n", "empty"]) == ExitStatus.OK
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "No OptimizationJobs in namespace empty.\n")

    @pytest.mark.parametrize("command", ["get", "watch", "result", "logs", "delete"])
    def test_a_job_that_is_not_there_ends_with_3(
        self, command: str, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([command, "nobody", *jobs.options]) == ExitStatus.NOT_FOUND
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "no OptimizationJob nobody in namespace default" in captured.err

    def test_a_cluster_without_argmin_is_told_what_to_install(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with api_server(f"kube-cli-bare-{os.getpid()}") as kubeconfig:
            for command in (["get"], ["get", "steel"]):
                code = main([*command, "--kubeconfig", str(kubeconfig)])
                assert code == ExitStatus.NOT_FOUND
                assert "helm install argmin" in capsys.readouterr().err

    def test_who_may_not_is_told_whom_to_ask(
        self, jobs: Jobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        jobs.kubectl.run("create", "serviceaccount", "visitor")
        token = jobs.kubectl.run("create", "token", "visitor").strip()
        kubeconfig = write_kubeconfig(tmp_path / "config", jobs.kubectl.kubeconfig, token)
        code = main(["get", "--kubeconfig", str(kubeconfig), "-n", "default"])
        assert code == ExitStatus.UNREACHABLE
        said = capsys.readouterr().err
        assert 'cannot list resource "optimizationjobs"' in said
        assert "ask the administrators" in said


class TestWatch:
    def test_every_change_is_a_line_until_the_end(
        self,
        jobs: Jobs,
        background: ThreadPoolExecutor,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        jobs.create("watched")
        jobs.set_conditions("watched", RUNNING, OptimizationJobStatus(progress=SEARCH))
        watching = background.submit(main, ["watch", "watched", *WAIT, *jobs.options])
        wait_until(lambda: "16000" in capsys.readouterr().err, "the search", timeout=60)
        jobs.set_conditions("watched", SOLVED, answer())
        assert watching.result() == ExitStatus.OK
        captured = capsys.readouterr()
        last = captured.err.splitlines()[-1]
        assert last == "watched: Complete, Optimal, 15005.0, gap 0, Optimal: proven optimal"
        assert "15005.0 (Minimize)" in captured.out

    def test_an_end_of_an_older_spec_is_no_end(
        self, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        jobs.create("edited")
        jobs.set_conditions("edited", SOLVED, answer())
        jobs.create("edited", seed=1)
        command = ["watch", "edited", "--timeout", "100ms", *jobs.options]
        assert main(command) == ExitStatus.TIMEOUT

    def test_a_job_that_is_deleted_meanwhile_ends_with_3(
        self,
        jobs: Jobs,
        background: ThreadPoolExecutor,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        jobs.create("short-lived")
        watching = background.submit(main, ["watch", "short-lived", *WAIT, *jobs.options])
        jobs.kubectl.delete(KIND, "short-lived")
        assert watching.result() == ExitStatus.NOT_FOUND
        assert "short-lived" in capsys.readouterr().err

    def test_events_are_shown(self, jobs: Jobs, capsys: pytest.CaptureFixture[str]) -> None:
        jobs.create("eventful", model=MODEL)
        jobs.set_conditions("eventful", SOLVED, answer())
        uid = jobs.kubectl.get(KIND, "eventful")["metadata"]["uid"]
        jobs.kubectl.create(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": "eventful.1"},
                "involvedObject": {"kind": "OptimizationJob", "name": "eventful", "uid": uid},
                "reason": "Optimal",
                "message": "proven optimal",
                "type": "Normal",
            }
        )
        assert main(["watch", "eventful", *jobs.options]) == ExitStatus.OK
        assert "eventful: Optimal: proven optimal" in capsys.readouterr().err.splitlines()


class TestDelete:
    def test_a_deleted_job_is_gone_when_it_returns(
        self, jobs: Jobs, capsys: pytest.CaptureFixture[str]
    ) -> None:
        jobs.create("unwanted")
        assert main(["delete", "unwanted", "--wait", *WAIT, *jobs.options]) == ExitStatus.OK
        assert capsys.readouterr().out == "optimizationjob.argmin.dev/unwanted deleted\n"
        assert jobs.kubectl.find(KIND, "unwanted") is None

    def test_it_says_what_it_waits_for(
        self,
        jobs: Jobs,
        background: ThreadPoolExecutor,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        held = job("held")
        held["metadata"]["finalizers"] = ["example.com/hold"]
        jobs.kubectl.apply(held)
        printed: list[str] = []

        def is_printed(text: str) -> bool:
            printed.append(capsys.readouterr().err)  # a look may find half a line
            return text in "".join(printed)

        deleting = background.submit(main, ["delete", "held", "--wait", *WAIT, *jobs.options])
        wait_until(
            lambda: is_printed("held: waits for example.com/hold"),
            "the finalizer to be named",
            timeout=60,
        )
        jobs.set_conditions("held", STOPPING)
        wait_until(
            lambda: is_printed("held: SageMaker stops its job"),
            "the operator's own words",
            timeout=60,
        )
        free = '--patch={"metadata": {"finalizers": null}}'
        jobs.kubectl.run("patch", KIND, "held", "--type=merge", free)
        assert deleting.result() == ExitStatus.OK
        assert jobs.kubectl.find(KIND, "held") is None
