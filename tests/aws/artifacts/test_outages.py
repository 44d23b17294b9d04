"""Stores that go away, and runs that are told to stop meanwhile."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.api.run import Download, Transfers
from argmin_solvers.artifacts import result as artifact_result
from argmin_solvers.artifacts.connection import PART_BYTES
from argmin_solvers.artifacts.downloads import fetch_inputs
from argmin_solvers.artifacts.pool import Stopping
from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption
from tests.aws.artifacts.shipments import found, ship
from tests.aws.relay import Relay
from tests.aws.stores import Store, read_tree
from tests.aws.versitygw import Gateway
from tests.cluster.waiting import wait_until

pytestmark = pytest.mark.aws

LARGE = 6 * PART_BYTES
HALF = LARGE // 2


@contextmanager
def mending(
    happening: str, was_tried: Callable[[], bool], mend: Callable[[], None]
) -> Iterator[None]:
    """Mend an outage once somebody has tried in vain; `happening` says what goes on."""

    def wait_and_mend() -> None:
        try:
            wait_until(was_tried, f"{happening} to be tried in vain", timeout=60)
        finally:
            mend()

    thread = threading.Thread(target=wait_and_mend)
    thread.start()
    yield
    thread.join()
    assert was_tried()


def meanwhile(happening: str, network: Relay) -> AbstractContextManager[None]:
    """Bring the network back once it has been found down."""
    return mending(happening, lambda: network.refused >= 2, network.come_back)


def reading(store: Store, network: Relay, path: Path) -> Transfers:
    source = store.source(key="large", url=network.url)
    download = Download(name="data", source=source, path=str(path))
    return Transfers(downloads=(download,), credentials_root=str(store.credentials))


def test_an_upload_survives_a_store_that_goes_and_comes_back(
    store: Store, network: Relay, persistence: Persistence, tmp_path: Path
) -> None:
    content = os.urandom(LARGE)
    shipment = ship(
        store, store.place("runs", url=network.url), tmp_path, found(tmp_path, large=content)
    )
    network.go_down(after_bytes=HALF)
    with meanwhile("the upload", network):
        shipment.send(Interruption(), persistence)
    assert store.get("runs/outputs/data/large") == content
    assert store.get("runs/answer.json")


def test_a_download_survives_a_store_that_goes_and_comes_back(
    store: Store, network: Relay, persistence: Persistence, tmp_path: Path
) -> None:
    content = os.urandom(LARGE)
    (tmp_path / "large").write_bytes(content)
    store.put_file("large", tmp_path / "large")
    network.go_down(after_bytes=HALF)
    with meanwhile("the download", network):
        fetch_inputs(
            reading(store, network, tmp_path / "in" / "large"), Interruption(), persistence
        )
    assert read_tree(tmp_path / "in") == {"large": content}


def test_a_server_that_is_started_again_gets_all_of_it(
    gateway_store: Store,
    shared_gateway: Gateway,
    persistence: Persistence,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    content = os.urandom(LARGE)
    shipment = ship(
        gateway_store, gateway_store.place("runs"), tmp_path, found(tmp_path, f=content)
    )

    def was_tried() -> bool:
        return any(", try 1: Could not connect" in message for message in caplog.messages)

    shared_gateway.stop()
    with (
        caplog.at_level("INFO", logger="argmin"),
        mending("the upload", was_tried, shared_gateway.start),
    ):
        shipment.send(Interruption(), persistence)
    assert gateway_store.get("runs/outputs/data/f") == content


def test_a_store_that_stays_away_fails_the_run_in_time(
    store: Store, network: Relay, interruption: Interruption, tmp_path: Path
) -> None:
    shipment = ship(store, store.place("runs", url=network.url), tmp_path, found(tmp_path, a=b"a"))
    network.go_down()
    with pytest.raises(
        RunError, match=rf"writing s3://{store.bucket}/runs/outputs/data/a .* \(tried for 1 s\)"
    ) as failure:
        shipment.send(interruption, Persistence(interruption, 1, 0.2))
    assert failure.value.reason is Reason.TRANSFER_FAILED
    assert failure.value.exit_code == ExitCode.TRANSFER_FAILED
    assert failure.value.exit_code not in ExitCode.PERMANENT


def test_what_was_cut_off_is_not_taken_for_a_whole(
    store: Store, network: Relay, interruption: Interruption, tmp_path: Path
) -> None:
    outputs = found(tmp_path, large=os.urandom(LARGE))
    shipment = ship(store, store.place("runs", url=network.url), tmp_path, outputs)
    network.go_down(after_bytes=HALF)
    with pytest.raises(RunError):
        shipment.send(interruption, Persistence(interruption, 1, 0.2))
    assert "answer.json" not in store.read_folder("runs")


def test_a_download_that_was_cut_off_leaves_no_file(
    store: Store, network: Relay, interruption: Interruption, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(os.urandom(LARGE))
    store.put_file("large", tmp_path / "large")
    network.go_down(after_bytes=HALF)
    with pytest.raises(RunError, match=r"reading s3://"):
        fetch_inputs(
            reading(store, network, tmp_path / "in" / "large"),
            interruption,
            Persistence(interruption, 1, 0.2),
        )
    assert read_tree(tmp_path / "in") == {}


def test_no_server_at_all_is_told_from_a_server_that_is_away(
    persistence: Persistence, store: Store, tmp_path: Path
) -> None:
    transfers = Transfers(
        downloads=(
            Download(
                name="data",
                source=store.source(key="k", url="http://127.0.0.1:1"),
                path=str(tmp_path / "in"),
            ),
        ),
        credentials_root=str(store.credentials),
    )
    interruption = Interruption()
    with pytest.raises(RunError, match=r"Could not connect to the endpoint URL: .*127\.0\.0\.1:1"):
        fetch_inputs(transfers, interruption, Persistence(interruption, 0.5, 0.2))


@contextmanager
def told_to_stop(when: threading.Event) -> Iterator[Interruption]:
    """An interruption that a real SIGTERM sets off, after an event."""
    former = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    interruption = Interruption()
    interruption.listen()

    def stop() -> None:
        when.wait(60)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        yield interruption
    finally:
        thread.join()
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), former, strict=True):
            signal.signal(number, handler)


class HangHalfway:
    """A listener that lets the network hang once half of a file has moved, and tells."""

    def __init__(self, network: Relay, total: int) -> None:
        self.hangs = threading.Event()
        self._network, self._total, self._moved = network, total, 0

    def started(self, title: str, files: int, total_bytes: int) -> None:
        """Nothing to do."""

    def moved(self, count: int) -> None:
        self._moved += count
        if self._moved > self._total // 2 and not self.hangs.is_set():
            self._network.hang()
            self.hangs.set()

    def looked_at(self) -> None:
        """Nothing to do."""

    def finished(self) -> None:
        """Nothing to do."""


def test_a_request_to_stop_ends_a_download_at_once(
    store: Store, network: Relay, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(os.urandom(LARGE))
    store.put_file("large", tmp_path / "large")
    listener = HangHalfway(network, LARGE)
    transfers = reading(store, network, tmp_path / "in" / "large")
    with (
        told_to_stop(listener.hangs) as interruption,
        pytest.raises(RunError) as failure,
        letting_go(network),
    ):
        fetch_inputs(transfers, interruption, Persistence(interruption), listener)
    assert failure.value.reason is Reason.INTERRUPTED
    assert "large" not in read_tree(tmp_path / "in")


def test_a_request_to_stop_bounds_an_upload(
    store: Store, network: Relay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(artifact_result, "STOPPED", Stopping(0.5, artifact_result.STOPPED.failure))
    listener = HangHalfway(network, LARGE)
    outputs = found(tmp_path, large=os.urandom(LARGE))
    shipment = ship(store, store.place("runs", url=network.url), tmp_path, outputs)
    with (
        told_to_stop(listener.hangs) as interruption,
        pytest.raises(RunError, match="told to stop") as failure,
        letting_go(network),
    ):
        shipment.send(interruption, Persistence(interruption), listener)
    assert failure.value.reason is Reason.TRANSFER_FAILED
    assert store.read_folder("runs") == {}
    wait_until(lambda: store.list_uploads() == [], "the upload to be given up", timeout=30)


@contextmanager
def letting_go(network: Relay) -> Iterator[None]:
    """Let the threads that hang see an end, so that they do not outlive the test."""
    try:
        yield
    finally:
        network.come_back()


def test_progress_is_told_in_lines(
    store: Store, network: Relay, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    outputs = found(tmp_path, large=os.urandom(LARGE), small=b"s")
    shipment = ship(store, store.place("runs"), tmp_path, outputs)
    interruption = Interruption()
    with caplog.at_level("INFO", logger="argmin"):
        shipment.send(interruption, Persistence(interruption))
    assert any(
        re.fullmatch(r"uploading data: 2 files, 48 of 48 MiB, \d+ MiB/s, done", line)
        for line in caplog.messages
    )
