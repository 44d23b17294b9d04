"""Who a run is to a store, and what it says where that is not enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.api.pod import LocalReference
from argmin.api.run import Download, Transfers
from argmin.api.storage import S3Object
from argmin_solvers.artifacts.downloads import fetch_inputs
from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption
from tests.aws.artifacts.shipments import found, ship
from tests.aws.stores import Store

pytestmark = pytest.mark.aws


def fetch(store: Store, source: S3Object, folder: Path) -> None:
    interruption = Interruption()
    download = Download(name="data", source=source, path=str(folder / "in"))
    transfers = Transfers(downloads=(download,), credentials_root=str(store.credentials))
    fetch_inputs(transfers, interruption, Persistence(interruption, 60, 0.2))


def refuse(store: Store, source: S3Object, folder: Path) -> str:
    """The message of a refusal, which names no key."""
    with pytest.raises(RunError) as refusal:
        fetch(store, source, folder)
    assert refusal.value.reason is Reason.TRANSFER_FAILED
    assert refusal.value.exit_code == ExitCode.INVALID_INPUT  # a rerun would end the same
    for secret in (*store.keys, *store.stranger, "nobody-knows"):
        assert secret not in refusal.value.message
    return refusal.value.message


def test_a_stranger_is_told_what_it_takes_to_read(store: Store, tmp_path: Path) -> None:
    store.put("k", "k")
    message = refuse(store, store.source(key="k", secret="stranger"), tmp_path)
    assert message.startswith(
        f"spec.inputs[data].source.s3: reading s3://{store.bucket}/k at {store.url} is forbidden to"
        " the credentials in Secret stranger (403"
    )
    assert "it takes s3:GetObject on the object and s3:ListBucket on the bucket" in message


def test_a_stranger_is_told_what_it_takes_to_list(store: Store, tmp_path: Path) -> None:
    message = refuse(store, store.source(prefix="p", secret="stranger"), tmp_path)
    assert "it takes s3:ListBucket on the bucket" in message


def test_a_stranger_is_told_what_it_takes_to_write(store: Store, tmp_path: Path) -> None:
    place = store.place("runs", secret="stranger")
    shipment = ship(store, place, tmp_path, found(tmp_path, a=b"a"))
    with pytest.raises(RunError, match="it takes s3:PutObject and s3:AbortMultipartUpload"):
        shipment.send()


def test_keys_that_are_wrong_are_told_from_keys_that_may_not(
    gateway_store: Store, tmp_path: Path
) -> None:
    gateway_store.put("k", "k")
    gateway_store.write_secret("forged", (gateway_store.keys[0], "nobody-knows-this-secret"))
    message = refuse(gateway_store, gateway_store.source(prefix="k", secret="forged"), tmp_path)
    assert "the store does not accept the credentials in Secret forged" in message


def test_a_secret_that_lacks_a_key_is_named(store: Store, tmp_path: Path) -> None:
    (store.credentials / "owner" / "AWS_SECRET_ACCESS_KEY").unlink()
    message = refuse(store, store.source(key="k"), tmp_path)
    assert "Secret owner has no key AWS_SECRET_ACCESS_KEY: it takes AWS_ACCESS_KEY_ID" in message


def test_a_run_without_any_identity_is_told_how_to_get_one(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    source = S3Object(bucket=store.bucket, key="k", endpoint=store.url)
    message = refuse(store, source, tmp_path)
    assert "there are no AWS credentials" in message
    assert "name a Secret in credentialsSecret of its s3" in message


def test_the_environment_is_the_identity_where_no_secret_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store.put("k", "content")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.keys[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.keys[1])
    monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
    fetch(store, S3Object(bucket=store.bucket, key="k"), tmp_path)
    assert (tmp_path / "in").read_text() == "content"


def test_stores_with_different_secrets_do_not_mix(store: Store, tmp_path: Path) -> None:
    store.put("k", "content")
    reference = LocalReference(name="stranger")
    sources = [store.source(key="k"), store.source(key="k", secret=reference.name)]
    downloads = tuple(
        Download(name=f"i{n}", source=source, path=str(tmp_path / f"in{n}"))
        for n, source in enumerate(sources)
    )
    transfers = Transfers(downloads=downloads, credentials_root=str(store.credentials))
    interruption = Interruption()
    with pytest.raises(RunError, match=r"spec\.inputs\[i1\]\.source\.s3: .* Secret stranger"):
        fetch_inputs(transfers, interruption, Persistence(interruption, 60, 0.2))
