"""Every job of the page on artifacts does what the page says, with another bucket and server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.cli.errors import ExitStatus
from argmin_solvers.artifacts.connection import PART_BYTES
from argmin_solvers.errors import RunError
from tests.aws.artifacts.shipments import found, ship
from tests.aws.artifacts.test_credentials import fetch
from tests.aws.artifacts.test_local import run, secret
from tests.aws.emulator import Aws
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


class TestPolicy:
    """The policy of the page, word for word, where IAM is enforced."""

    @pytest.fixture
    def planner(self, emulator_store: Store, aws: Aws) -> Store:
        """A run that has that policy and nothing else: the Secret `planner`."""
        (policy,) = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        iam = aws.client("iam")
        iam.create_user(UserName="planner")
        iam.put_user_policy(UserName="planner", PolicyName="of-the-page", PolicyDocument=policy)
        key = iam.create_access_key(UserName="planner")["AccessKey"]
        emulator_store.write_secret("planner", (key["AccessKeyId"], key["SecretAccessKey"]))
        for bucket in ("team-a-models", "team-a-results"):
            aws.client("s3").create_bucket(Bucket=bucket)
        aws.client("s3").put_object(Bucket="team-a-models", Key="in/blend.lp", Body=BLEND)
        return emulator_store

    @pytest.mark.parametrize("fields", [{"key": "in/blend.lp"}, {"prefix": "in"}], ids=str)
    def test_it_is_enough_to_read(
        self, planner: Store, fields: dict[str, str], tmp_path: Path
    ) -> None:
        fetch(planner, planner.source(secret="planner", bucket="team-a-models", **fields), tmp_path)
        (content,) = {
            path.read_text()
            for path in (tmp_path / "in", tmp_path / "in" / "blend.lp")
            if path.is_file()
        }
        assert content == BLEND

    def test_it_tells_a_missing_key_from_a_forbidden_one(
        self, planner: Store, tmp_path: Path
    ) -> None:
        source = planner.source(secret="planner", bucket="team-a-models", key="in/none.lp")
        with pytest.raises(RunError, match=r"in/none\.lp .* does not exist"):
            fetch(planner, source, tmp_path)

    def test_it_is_enough_to_write(self, planner: Store, tmp_path: Path) -> None:
        place = planner.place("argmin/team-a", secret="planner", bucket="team-a-results")
        outputs = found(tmp_path, small=b"s", large=bytes(2 * PART_BYTES + 1))
        ship(planner, place, tmp_path, outputs).send()
        listing = planner.client.list_objects_v2(Bucket="team-a-results")
        assert {item["Key"].rpartition("/")[2] for item in listing["Contents"]} == {
            *("small", "large", "solution.json", "run.log", "inventory.json", "answer.json")
        }

    @pytest.mark.parametrize(
        ("bucket", "prefix"), [("team-a-results", "elsewhere"), ("team-a-models", "argmin")]
    )
    def test_it_is_not_enough_to_write_elsewhere(
        self, planner: Store, bucket: str, prefix: str, tmp_path: Path
    ) -> None:
        place = planner.place(prefix, secret="planner", bucket=bucket)
        shipment = ship(planner, place, tmp_path, found(tmp_path, a=b"a"))
        with pytest.raises(RunError, match="is forbidden to the credentials in Secret planner"):
            shipment.send()
