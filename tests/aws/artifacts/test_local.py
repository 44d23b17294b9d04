"""`argmin run` with files in stores: as the user, or by the Secrets of the same files."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.api.run import Inventory
from argmin.cli.errors import ExitStatus
from tests.aws.artifacts.test_runner import KNAPSACK, WRITER
from tests.aws.stores import Store, read_tree

pytestmark = pytest.mark.aws

CLEAN = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL")


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user without credentials of any kind, until a test gives some."""
    for name in CLEAN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


def be_owner(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.keys[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.keys[1])


def bucket(store: Store, **fields: Any) -> dict[str, Any]:
    reference = {"credentialsSecret": {"name": "team-s3"}}
    return {"bucket": store.bucket, "endpoint": store.url, **reference, **fields}


def secret(store: Store, **fields: Any) -> dict[str, Any]:
    """A Secret as a person writes it: one key as text, the other encoded."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "team-s3"},
        "stringData": {"AWS_ACCESS_KEY_ID": store.keys[0]},
        "data": {"AWS_SECRET_ACCESS_KEY": base64.b64encode(store.keys[1].encode()).decode()},
        **fields,
    }


def job(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "metadata": {"name": "knapsack"},
        "spec": spec,
    }


def writer(store: Store) -> dict[str, Any]:
    return job(
        script={"source": {"inline": WRITER}},
        outputs=[{"name": "data", "path": "/opt/ml/processing/output/data"}],
        artifacts={"s3": bucket(store, prefix="runs")},
    )


def run(
    folder: Path, *documents: dict[str, Any], options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    (folder / "job.yaml").write_text(yaml.safe_dump_all(documents))
    program = Path(sys.executable).with_name("argmin")
    return subprocess.run(
        [str(program), "run", "job.yaml", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_model_is_fetched_by_the_secret_of_the_same_file(store: Store, tmp_path: Path) -> None:
    store.put("models/knapsack.lp", KNAPSACK)
    source = {"s3": bucket(store, key="models/knapsack.lp")}
    ended = run(tmp_path, secret(store), job(model={"format": "lp", "source": source}))
    assert ended.returncode == ExitStatus.OK, ended.stderr
    assert "11.0" in ended.stdout
    for key in store.keys:
        assert key not in ended.stdout + ended.stderr


def test_without_the_secret_the_user_is_the_identity(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    be_owner(store, monkeypatch)
    store.put("data/n.txt", "12.5")
    program = (
        "import os\nfrom argmin_solvers import report\n"
        "report(objective=float(open(os.environ['ARGMIN_INPUT_NUMBERS'] + '/n.txt').read()))\n"
    )
    numbers = {"name": "numbers", "source": {"s3": bucket(store, prefix="data")}}
    ended = run(tmp_path, job(script={"source": {"inline": program}}, inputs=[numbers]))
    assert ended.returncode == ExitStatus.OK, ended.stderr
    assert "Secret team-s3 is in none of the files: your own AWS credentials are used" in (
        ended.stderr
    )
    assert "12.5" in ended.stdout


def test_a_secret_that_lacks_a_key_is_named(store: Store, tmp_path: Path) -> None:
    source = {"s3": bucket(store, key="models/knapsack.lp")}
    documents = (secret(store, data={}), job(model={"format": "lp", "source": source}))
    ended = run(tmp_path, *documents)
    assert ended.returncode == ExitStatus.INVALID
    assert "Secret team-s3 has no key AWS_SECRET_ACCESS_KEY: add it" in ended.stderr


def test_a_result_stays_here(store: Store, tmp_path: Path) -> None:
    ended = run(tmp_path, secret(store), writer(store))
    assert ended.returncode == ExitStatus.OK, ended.stderr
    kept = read_tree(tmp_path / "argmin-results" / "knapsack")
    assert kept["data/deep/plan.csv"] == b"a,1"
    assert store.read_folder("runs") == {}


def test_a_result_is_uploaded_where_that_is_asked_for(store: Store, tmp_path: Path) -> None:
    ended = run(tmp_path, secret(store), writer(store), options=("--upload",))
    assert ended.returncode == ExitStatus.OK, ended.stderr
    kept = read_tree(tmp_path / "argmin-results" / "knapsack")
    assert kept["data/deep/plan.csv"] == b"a,1"
    status = json.loads(kept["status.json"])
    prefix = status["solutionRef"]["s3"]["prefix"]
    assert prefix.startswith("runs/default/knapsack/knapsack-")
    assert f"uploaded: s3://{store.bucket}/{prefix}/" in ended.stdout
    uploaded = store.read_folder(prefix)
    inventory = Inventory.model_validate_json(uploaded["inventory.json"])
    assert {file.path for file in inventory.files} | {"inventory.json"} == set(uploaded)
    assert uploaded["outputs/data/deep/plan.csv"] == b"a,1"


def test_an_upload_to_nowhere_is_refused(store: Store, tmp_path: Path) -> None:
    ended = run(tmp_path, job(script={"source": {"inline": WRITER}}), options=("--upload",))
    assert ended.returncode == ExitStatus.INVALID
    assert "--upload: the job names no store: write spec.artifacts.s3" in ended.stderr


def test_a_missing_key_is_told_as_the_status_of_the_job(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    be_owner(store, monkeypatch)
    source = {"s3": bucket(store, key="models/none.lp")}
    ended = run(tmp_path, job(model={"format": "lp", "source": source}))
    assert ended.returncode == ExitStatus.FAILED
    assert "SourceNotFound" in ended.stdout
    assert "models/none.lp" in ended.stdout
