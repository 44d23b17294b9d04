"""Every job of the page on artifacts does what the page says, with another bucket and server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.cli.errors import ExitStatus
from tests.aws.artifacts.test_local import run, secret
from tests.aws.stores import Store

pytestmark = pytest.mark.aws

PAGE = Path(__file__).parents[3] / "docs" / "user-guide" / "artifacts.md"
_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLEND = "Maximize\n value: 3 x + 2 y\nSubject To\n capacity: x + y <= 4\nBounds\n x <= 3\nEnd\n"
TRANSPORT = Path(__file__).parents[2] / "data" / "mps" / "afiro.mps"
OBJECTIVES = {
    "blend": "11.0",
    "transport": "-464.75314285714",
    "prices": "2.5",
    "timetable": "12.0",
    "blend-by-secret": "11.0",
    "blend-in-house": "7.0",
}


def read_jobs() -> dict[str, dict[str, Any]]:
    documents = [d for text in _FENCE.findall(PAGE.read_text()) for d in yaml.safe_load_all(text)]
    return {d["metadata"]["name"]: d for d in documents if d.get("kind") == "OptimizationJob"}


def move(value: Any, store: Store) -> Any:
    """The job with all its places in the bucket of a test."""
    if isinstance(value, list):
        return [move(item, store) for item in value]
    if not isinstance(value, dict):
        return value
    if "bucket" in value:
        reference = {"credentialsSecret": {"name": "team-s3"}}
        own = {name: value[name] for name in ("key", "prefix") if name in value}
        return {**own, "bucket": store.bucket, "endpoint": store.url, **reference}
    return {name: move(item, store) for name, item in value.items()}


def test_every_job_of_the_page_is_expected() -> None:
    assert set(read_jobs()) == set(OBJECTIVES)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_job_of_the_page_gives_its_answer(store: Store, name: str, tmp_path: Path) -> None:
    store.put("blend.lp", BLEND)
    store.put("transport/2026/week-14.mps", TRANSPORT.read_bytes())
    store.put("prices/2026/april.csv", "price\n3.5\n2.5\n")
    job = move(read_jobs()[name], store)
    writes = "artifacts" in job["spec"] or any("s3" in o for o in job["spec"].get("outputs", ()))
    ended = run(tmp_path, secret(store), job, options=("--upload",) if writes else ())
    assert ended.returncode == ExitStatus.OK, ended.stdout + ended.stderr
    assert OBJECTIVES[name] in ended.stdout
    if name == "timetable":
        assert store.read_folder("today") == {"plan.csv": b"train,minute\nIC1,12\n"}
    elif writes:
        prefix = job["spec"]["artifacts"]["s3"].get("prefix", "")
        listing = store.client.list_objects_v2(Bucket=store.bucket, Prefix=f"{prefix}/".lstrip("/"))
        keys = [item["Key"] for item in listing["Contents"]]
        assert any(key.endswith("/answer.json") for key in keys)
