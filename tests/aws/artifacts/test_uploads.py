"""Results in a store: every file with its checksum, and the answer last."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from argmin.api.answer import Reason
from argmin.api.files import Output
from argmin.api.run import Transfers, Upload
from argmin_solvers.artifacts.connection import PART_BYTES
from argmin_solvers.artifacts.downloads import fetch_inputs
from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.errors import RunError
from argmin_solvers.outputs.files import find_outputs
from argmin_solvers.process.interruption import Interruption
from tests.aws.artifacts.shipments import Shipment, found, own_files, ship
from tests.aws.relay import Relay
from tests.aws.stores import Store, read_tree

pytestmark = pytest.mark.aws

KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/2f1e0c0a-0000-4000-8000-000000000000"
LARGE = 3 * PART_BYTES + 1


def test_a_result_has_the_layout_that_readers_expect(store: Store, tmp_path: Path) -> None:
    outputs = found(tmp_path, plan__csv=b"1", empty=b"", **{"späte Züge": "ü".encode()})
    ship(store, store.place("runs/steel"), tmp_path, outputs).send()
    kept = store.read_folder("runs/steel")
    assert {name: kept[f"outputs/data/{name}"] for name in ("plan/csv", "empty", "späte Züge")} == {
        "plan/csv": b"1",
        "empty": b"",
        "späte Züge": "ü".encode(),
    }
    own = {name for name in kept if not name.startswith("outputs/")}
    assert own == {"solution.json", "run.log", "inventory.json", "answer.json"}


def test_a_certificate_goes_with_the_result(store: Store, tmp_path: Path) -> None:
    shipment = ship(store, store.place("runs/proven"), tmp_path, ())
    (shipment.folder / "proof.json").write_text('{"version": 1}')
    shipment.send()
    assert store.read_folder("runs/proven")["proof.json"] == b'{"version": 1}'


def test_the_answer_comes_last(store: Store, network: Relay, tmp_path: Path) -> None:
    outputs = found(tmp_path, a=b"a", large=os.urandom(LARGE))
    ship(store, store.place("runs", url=network.url), tmp_path, outputs).send()
    writes = [r.split(b" ")[1] for r in network.requests if r.startswith((b"PUT", b"POST"))]
    assert b"/answer.json" in writes[-1]
    assert sum(b"/answer.json" in path for path in writes) == 1


def test_a_folder_goes_there_and_back_again(store: Store, tmp_path: Path) -> None:
    files = {f"deep__{n % 7}__file{n}": os.urandom(n * 100) for n in range(60)}
    outputs = found(tmp_path, large=os.urandom(LARGE), **files)
    ship(store, store.place("runs"), tmp_path, outputs).send()
    interruption = Interruption()
    back = store.downloads(tmp_path / "back", prefix="runs/outputs/data")
    fetch_inputs(back, interruption, Persistence(interruption, 60, 0.2))
    assert read_tree(tmp_path / "back") == read_tree(tmp_path / "data")


def test_large_files_go_in_parts(store: Store, network: Relay, tmp_path: Path) -> None:
    outputs = found(tmp_path, large=os.urandom(LARGE))
    ship(store, store.place("runs", url=network.url), tmp_path, outputs).send()
    parts = [head for head in network.requests if b"partNumber=" in head.split(b"\r\n")[0]]
    assert len(parts) == 4
    assert store.list_uploads() == []


def test_every_part_has_its_checksum(store: Store, network: Relay, tmp_path: Path) -> None:
    outputs = found(tmp_path, small=b"small", large=os.urandom(LARGE))
    ship(store, store.place("runs", url=network.url), tmp_path, outputs).send()
    writes = [head.lower() for head in network.requests if head.startswith(b"PUT")]
    assert writes
    assert all(b"x-amz-checksum-crc32: " in head for head in writes)


def test_a_server_without_checksums_is_spoken_to_as_it_understands(
    store: Store, network: Relay, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network.knows_checksums = False
    content = os.urandom(LARGE)
    outputs = found(tmp_path, large=content, small=b"small")
    with caplog.at_level("INFO", logger="argmin"):
        ship(store, store.place("runs", url=network.url), tmp_path, outputs).send()
    assert store.get("runs/outputs/data/large") == content
    assert store.get("runs/outputs/data/small") == b"small"
    assert sum("does not know S3's checksums" in line for line in caplog.messages) == 1


def test_an_output_may_have_a_place_of_its_own(store: Store, tmp_path: Path) -> None:
    outputs = found(tmp_path, plan=b"plan")
    upload = Upload(name="data", path=str(tmp_path / "data"), target=store.place("plans/today"))
    transfers = Transfers(
        result=store.place("runs"), uploads=(upload,), credentials_root=str(store.credentials)
    )
    Shipment(transfers, own_files(tmp_path), outputs).send()
    assert store.read_folder("plans/today") == {"plan": b"plan"}
    assert not any(name.startswith("outputs/") for name in store.read_folder("runs"))


def test_a_run_without_a_solution_still_has_its_log_and_its_answer(
    store: Store, tmp_path: Path
) -> None:
    own = own_files(tmp_path)
    (own / "solution.json").unlink()
    transfers = Transfers(result=store.place("runs"), credentials_root=str(store.credentials))
    Shipment(transfers, own, ()).send()
    assert set(store.read_folder("runs")) == {"run.log", "inventory.json", "answer.json"}


def test_what_is_written_is_encrypted_by_the_key_of_the_store(
    store: Store, network: Relay, tmp_path: Path
) -> None:
    outputs = found(tmp_path, a=b"a", large=os.urandom(LARGE))
    place = store.place("runs", url=network.url, kms_key_id=KMS_KEY)
    ship(store, place, tmp_path, outputs).send()
    objects = [
        head.lower()
        for head in network.requests
        if head.startswith((b"PUT", b"POST")) and b"uploadId=" not in head.split(b"\r\n")[0]
    ]
    assert objects
    for head in objects:
        assert b"x-amz-server-side-encryption: aws:kms\r\n" in head
        assert KMS_KEY.encode() in head


def test_a_missing_bucket_is_named(store: Store, tmp_path: Path) -> None:
    place = store.place("runs", bucket="no-such-bucket-of-ours")
    with pytest.raises(RunError, match="there is no bucket no-such-bucket-of-ours") as refusal:
        ship(store, place, tmp_path, found(tmp_path, a=b"a")).send()
    assert refusal.value.reason is Reason.TRANSFER_FAILED


def test_a_file_that_changes_on_its_way_is_no_output(store: Store, tmp_path: Path) -> None:
    outputs = found(tmp_path, log=b"first")
    (tmp_path / "data" / "log").write_bytes(b"second")
    with pytest.raises(RunError, match=r"data/log changed while it was read") as refusal:
        ship(store, store.place("runs"), tmp_path, outputs).send()
    assert refusal.value.reason is Reason.PROGRAM_FAILED
    assert store.read_folder("runs") == {}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ([b"\xff\xfe"], "its name is not UTF-8"),
        ([b"two\nlines"], "its name has a control character"),
        ([b"d" * 250] * 5, "its key has 1331 bytes of at most 1024"),
    ],
    ids=["no text", "two lines", "too long"],
)
def test_a_name_that_is_no_key_is_refused(
    gateway_store: Store, path: list[bytes], why: str, tmp_path: Path
) -> None:
    file = os.path.join(os.fsencode(tmp_path / "data"), *path)
    os.makedirs(os.path.dirname(file))
    with open(file, "wb") as opened:
        opened.write(b"x")
    outputs = find_outputs([Output(name="data", path=str(tmp_path / "data"))])
    with pytest.raises(RunError, match=why) as refusal:
        ship(gateway_store, gateway_store.place("p" * 63), tmp_path, outputs).send()
    assert refusal.value.reason is Reason.PROGRAM_FAILED
