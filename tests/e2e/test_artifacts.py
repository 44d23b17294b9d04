"""Files that go to a store from real pods and come back when the pods are gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.aws.versitygw import ROOT_KEYS, STRANGER_KEYS, Gateway, gateway
from tests.cluster.waiting import wait_until
from tests.command import Argmin
from tests.e2e.jobs import POLL_SECONDS, await_job, optimization_job, script_job
from tests.e2e.storage import expose
from tests.installation import ROOT
from tests.kubectl import Kubectl, Object, condition_of, holds

EXAMPLE = ROOT / "examples" / "american-steel" / "script.yaml"
BUCKET = "results"
SECRET = "team-s3"
WRITER = (
    "import os, pathlib\nfrom argmin_solvers import report\n"
    "folder = pathlib.Path(os.environ['ARGMIN_OUTPUT_DATA'])\n"
    "(folder / 'plan.csv').write_text('a,1')\n"
    "report(objective=5, bound=5, outcome='Optimal')\n"
)
OUTPUT = {"name": "data", "path": "/opt/ml/processing/output/data"}


@dataclass(frozen=True)
class Store:
    """A store that pods see under one address, and people under another."""

    server: Gateway
    endpoint: str
    """For pods."""

    @property
    def reader(self) -> Argmin:
        """The command, run by somebody who may read it."""
        access, secret = ROOT_KEYS
        return Argmin(
            {
                "AWS_ENDPOINT_URL": self.server.url,
                "AWS_ACCESS_KEY_ID": access,
                "AWS_SECRET_ACCESS_KEY": secret,
            }
        )

    def place(self, **fields: str) -> Object:
        """A place in it, by the Secret."""
        reference = {"credentialsSecret": {"name": SECRET}}
        return {"bucket": BUCKET, "endpoint": self.endpoint, **reference, **fields}

    def list_keys(self, prefix: str) -> set[str]:
        """The keys below a folder, by the rest of each."""
        client = self.server.client()
        found = client.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/").get("Contents", ())
        return {item["Key"].removeprefix(f"{prefix}/") for item in found}


@pytest.fixture(scope="module")
def store(operator: Kubectl, host: str) -> Iterator[Store]:
    with gateway(host) as server:
        server.client().create_bucket(Bucket=BUCKET)
        yield Store(server, expose(operator, server.url, host, "gateway"))


@pytest.fixture
def home(kubectl: Kubectl) -> Kubectl:
    """A namespace with the Secret."""
    kubectl.apply(secret(ROOT_KEYS))
    return kubectl


def secret(keys: tuple[str, str]) -> Object:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET},
        "stringData": dict(zip(names, keys, strict=True)),
    }


def writer(name: str, store: Store, program: str = WRITER, **spec: Any) -> Object:
    """A job with an output, whose result goes to the store."""
    artifacts = {"s3": store.place(prefix="argmin")}
    return script_job(name, program, outputs=[OUTPUT], artifacts=artifacts, **spec)


def remove_pods(kubectl: Kubectl) -> None:
    kubectl.run("delete", "pods", "--all", "--wait=true", "--timeout=60s")


def test_american_steels_lp_file_comes_back_when_its_pod_is_gone_and_is_solved(
    home: Kubectl, store: Store, tmp_path: Path
) -> None:
    program, job = yaml.safe_load_all(EXAMPLE.read_text())
    job["spec"]["artifacts"] = {"s3": store.place(prefix="argmin")}
    home.apply(program, job)
    name = job["metadata"]["name"]
    done = await_job(home, name)
    assert holds(done, "Complete"), done["status"]
    assert done["status"]["objective"] == "15005.0"
    place = done["status"]["solutionRef"]["s3"]
    assert (place["bucket"], place["endpoint"]) == (BUCKET, store.endpoint)
    assert place["prefix"].startswith(f"argmin/{home.namespace}/{name}/{name}-")
    lp_key = "outputs/data/AmericanSteelProblem.lp"
    own = {"answer.json", "inventory.json", "run.log", "solution.json"}
    assert store.list_keys(place["prefix"]) == {lp_key, *own}
    assert home.list("configmaps", "app.kubernetes.io/component=result") == []

    remove_pods(home)
    store.reader.ask(home, "result", name, "--output-dir", str(tmp_path / "back"))
    text = (tmp_path / "back" / "data" / "AmericanSteelProblem.lp").read_text()
    assert "Route_Youngstown_Albany" in text
    assert "15005.0" in store.reader.ask(home, "logs", name)

    source = {"s3": store.place(key=f"{place['prefix']}/{lp_key}")}
    home.apply(optimization_job("again", model={"format": "lp", "source": source}))
    again = await_job(home, "again")
    assert holds(again, "Complete"), again["status"]
    assert (again["status"]["outcome"], again["status"]["objective"]) == ("Optimal", "15005.0")


def test_a_pod_waits_for_its_secret_and_starts_when_it_comes(
    kubectl: Kubectl, store: Store
) -> None:
    kubectl.apply(writer("early", store))

    def is_named(job: Object) -> bool:
        stalled = condition_of(job, "Stalled")
        return f'create Secret "{SECRET}" (spec.' in stalled.get("message", "")

    await_job(kubectl, "early", is_named)
    kubectl.apply(secret(ROOT_KEYS))
    # The kubelet tries a mount again after up to two minutes.
    assert holds(await_job(kubectl, "early", timeout=240), "Complete")


def test_what_may_not_be_written_is_told_with_what_was_found(
    kubectl: Kubectl, store: Store
) -> None:
    kubectl.apply(secret(STRANGER_KEYS), writer("stranger", store, backoffLimit=0))
    job = await_job(kubectl, "stranger")
    failed = condition_of(job, "Failed")
    assert failed["reason"] == "TransferFailed"
    assert f"is forbidden to the credentials in Secret {SECRET}" in failed["message"]
    assert job["status"]["objective"] == "5.0"
    assert "solutionRef" not in job["status"]
    for key in STRANGER_KEYS:
        assert key not in str(job)


def test_an_input_that_is_missing_fails_the_job_at_once(home: Kubectl, store: Store) -> None:
    source = {"s3": store.place(key="models/none.lp")}
    home.apply(optimization_job("missing", model={"format": "lp", "source": source}))
    job = await_job(home, "missing")
    assert condition_of(job, "Failed")["reason"] == "SourceNotFound"
    assert f"s3://{BUCKET}/models/none.lp" in condition_of(job, "Failed")["message"]
    assert len(job["status"]["attempts"]) == 1


def test_the_log_of_a_failed_run_is_there_when_its_pod_is_not(home: Kubectl, store: Store) -> None:
    program = "print('nearly there')\nraise SystemExit(3)\n"
    home.apply(writer("broken", store, program, backoffLimit=0))
    assert holds(await_job(home, "broken"), "Failed")
    remove_pods(home)
    assert "nearly there" in store.reader.ask(home, "logs", "broken")


def test_a_store_that_is_away_gets_the_result_when_it_is_back(home: Kubectl, store: Store) -> None:
    store.server.stop()
    try:
        home.apply(writer("patient", store))

        def is_tried_in_vain() -> bool:
            pods = home.list("pods")
            log = home.run("logs", pods[0]["metadata"]["name"]) if _have_started(pods) else ""
            return "/outputs/data/plan.csv at" in log and ", try " in log

        wait_until(is_tried_in_vain, "a try in vain", timeout=120, interval=POLL_SECONDS)
    finally:
        store.server.start()
    job = await_job(home, "patient")
    assert holds(job, "Complete"), job["status"]
    assert len(job["status"]["attempts"]) == 1
    assert "outputs/data/plan.csv" in store.list_keys(job["status"]["solutionRef"]["s3"]["prefix"])


def _have_started(pods: list[Object]) -> bool:
    states = [s["state"] for p in pods for s in p["status"].get("containerStatuses", ())]
    return any("running" in state or "terminated" in state for state in states)
