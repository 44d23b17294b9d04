"""Results read back by a person: by their own credentials, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from argmin.api.answer import Outcome, Reason, RunReport, SolveResult
from argmin.api.run import Inventory, StoredFile, Transfers
from argmin.api.storage import StoredResult
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.results.object_store import open_stored
from argmin_solvers.artifacts.checksums import digest_file
from argmin_solvers.artifacts.connection import PART_BYTES
from tests.aws.artifacts.shipments import Shipment, found
from tests.aws.stores import Store, read_tree
from tests.aws.versitygw import Gateway

pytestmark = pytest.mark.aws

PREFIX = "team/steel/run"


@pytest.fixture(autouse=True)
def _person(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    act_as(store.keys, monkeypatch)


def act_as(keys: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[1])
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def place(store: Store, **fields: str) -> StoredResult:
    given = {"bucket": store.bucket, "prefix": PREFIX, "endpoint": store.url, **fields}
    return StoredResult.model_validate(given)


def deliver(store: Store, folder: Path, **files: bytes) -> None:
    """Put a result there as the runner does."""
    outputs = found(folder, **files)
    own = folder / "argmin"
    own.mkdir()
    (own / "solution.json").write_text('{"objective": "5.0"}')
    (own / "run.log").write_text("solved\n")
    answer = RunReport(
        succeeded=True,
        reason=Reason.OPTIMAL,
        delivered=True,
        result=SolveResult(outcome=Outcome.OPTIMAL),
    )
    (own / "answer.json").write_text(answer.model_dump_json(by_alias=True))
    listed = [
        StoredFile(path=file.name, bytes=file.stat().st_size, digest=digest_file(file))
        for file in own.iterdir()
    ]
    listed += [
        StoredFile(path=f"outputs/data/{file.name}", bytes=file.bytes, digest=file.digest())
        for file in outputs[0].files
    ]
    write_inventory(own / "inventory.json", listed)
    transfers = Transfers(result=store.place(PREFIX), credentials_root=str(store.credentials))
    Shipment(transfers, own, outputs).send()


def write_inventory(file: Path, listed: list[StoredFile]) -> None:
    file.write_text(Inventory(files=tuple(listed)).model_dump_json(by_alias=True))


def read_all(where: StoredResult, folder: Path) -> None:
    with open_stored(where) as stored:
        stored.read("solution.json")
        stored.fetch_outputs(["data"], folder)


def refuse(where: StoredResult, folder: Path, status: ExitStatus, message: str) -> None:
    with pytest.raises(CliError, match=message) as refusal:
        read_all(where, folder)
    assert refusal.value.status is status


def test_a_result_is_read_with_all_its_outputs(store: Store, tmp_path: Path) -> None:
    large = os.urandom(2 * PART_BYTES + 1)
    deliver(store, tmp_path, plan__csv=b"a,1", empty=b"", large=large)
    (tmp_path / "back").mkdir()
    with open_stored(place(store)) as stored:
        assert stored.read("solution.json") == b'{"objective": "5.0"}'
        assert stored.read("run.log") == b"solved\n"
        assert stored.list_outputs() == ("data",)
        stored.fetch_outputs(["data"], tmp_path / "back")
    assert read_tree(tmp_path / "back") == {
        "data/empty": b"",
        "data/large": large,
        "data/plan/csv": b"a,1",
    }


def test_files_of_an_older_attempt_are_left_behind(store: Store, tmp_path: Path) -> None:
    store.put(f"{PREFIX}/outputs/data/old", "of another attempt")
    deliver(store, tmp_path, new=b"new")
    (tmp_path / "back").mkdir()
    with open_stored(place(store)) as stored:
        stored.fetch_outputs(["data"], tmp_path / "back")
    assert read_tree(tmp_path / "back") == {"data/new": b"new"}


@pytest.mark.parametrize("name", ["answer.json", "solution.json", "inventory.json"])
def test_a_result_that_lacks_a_file_is_not_whole(store: Store, name: str, tmp_path: Path) -> None:
    deliver(store, tmp_path)
    store.client.delete_object(Bucket=store.bucket, Key=f"{PREFIX}/{name}")
    status = ExitStatus.NOT_FOUND if name == "inventory.json" else ExitStatus.FAILED
    refuse(place(store), tmp_path, status, rf"s3://{store.bucket}/{PREFIX}/ is not whole")


@pytest.mark.parametrize("name", ["answer.json", "solution.json"])
def test_a_file_of_another_attempt_is_not_taken_for_one_of_this(
    store: Store, name: str, tmp_path: Path
) -> None:
    deliver(store, tmp_path)
    store.put(f"{PREFIX}/{name}", "{}")
    refuse(place(store), tmp_path, ExitStatus.FAILED, "is not whole")


def test_an_output_that_is_not_as_it_was_is_refused(store: Store, tmp_path: Path) -> None:
    deliver(store, tmp_path, plan=b"as it was")
    store.put(f"{PREFIX}/outputs/data/plan", "otherwise")
    (tmp_path / "back").mkdir()
    refuse(place(store), tmp_path / "back", ExitStatus.UNREACHABLE, "another digest than was told")
    assert read_tree(tmp_path / "back") == {}


@pytest.mark.parametrize("store", ["versitygw"], indirect=True)
def test_a_damaged_output_is_refused(store: Store, shared_gateway: Gateway, tmp_path: Path) -> None:
    deliver(store, tmp_path, plan=os.urandom(PART_BYTES + 1))
    shared_gateway.damage(store.bucket, f"{PREFIX}/outputs/data/plan")
    (tmp_path / "back").mkdir()
    refuse(place(store), tmp_path / "back", ExitStatus.UNREACHABLE, "tried 3 times")
    assert read_tree(tmp_path / "back") == {}


@pytest.mark.parametrize(
    "path",
    ["outputs/data/../../escaped", "outputs/data//x", "outputs/data/.", "outputs/../.ssh/keys"],
)
def test_a_list_that_leads_elsewhere_is_refused(store: Store, path: str, tmp_path: Path) -> None:
    deliver(store, tmp_path, plan=b"plan")
    inventory = Inventory.model_validate_json(store.get(f"{PREFIX}/inventory.json"))
    hostile = StoredFile(path=path, bytes=4, digest=inventory.files[-1].digest)
    write_inventory(tmp_path / "hostile", [*inventory.files, hostile])
    store.put(f"{PREFIX}/inventory.json", (tmp_path / "hostile").read_bytes())
    (tmp_path / "back").mkdir()
    refuse(place(store), tmp_path / "back", ExitStatus.FAILED, "the result is damaged")
    assert read_tree(tmp_path / "back") == {}


def test_a_list_that_is_none_is_refused(store: Store, tmp_path: Path) -> None:
    deliver(store, tmp_path)
    store.put(f"{PREFIX}/inventory.json", "[]")
    refuse(place(store), tmp_path, ExitStatus.FAILED, r"inventory\.json is no list of argmin's")


def test_a_person_who_may_not_read_is_told_so(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deliver(store, tmp_path)
    act_as(store.stranger, monkeypatch)
    refuse(
        place(store),
        tmp_path,
        ExitStatus.UNREACHABLE,
        r"is forbidden to your AWS credentials \(403 AccessDenied\): it takes s3:GetObject",
    )


def test_a_person_without_credentials_is_told_how_to_set_them(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    refuse(place(store), tmp_path, ExitStatus.UNREACHABLE, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID")


def test_a_bucket_that_is_gone_is_named(store: Store, tmp_path: Path) -> None:
    where = place(store, bucket="no-such-bucket-of-ours")
    refuse(where, tmp_path, ExitStatus.NOT_FOUND, "there is no bucket no-such-bucket-of-ours")


def test_the_endpoint_of_the_environment_wins_over_one_inside_a_cluster(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deliver(store, tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
    with open_stored(place(store, endpoint="http://minio.inside-the-cluster:9000")) as stored:
        assert stored.read("run.log") == b"solved\n"
