"""Folders on their way to and from an object store, beside boto3's transfer manager alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.aws.versitygw import ROOT_KEYS, Gateway, gateway
from tests.bench.errors import BenchError
from tests.bench.figures import Figure, Section, Unit, at_least, at_most
from tests.bench.samples import Samples
from tests.cluster.progress import say, step

TARGET_RATE = 0.9
TARGET_MEMORY = 1.1
"""Peak memory with the whole folder over that with a quarter of it."""
TRANSFER_TIMEOUT = 600.0
BUCKET = "bench"
FILES = 16

_METHOD = """\
A folder of {mebibytes} MiB in {files} files of random bytes, to a bucket of versitygw (plain files
on the same disk, on the same two cores, over HTTP on the loopback) and back again; in turns, after
one pair that does not count. *Runner* is what a run does: the files of a result are found, and the
digest of each is taken before it goes; after an input has come, its checksum is compared. *boto3*
is its transfer manager alone, with its defaults: all files at once. Both move parts of 8 MiB, ten
at a time, with S3's own checksums. Memory is the largest resident set of the process; *a quarter*
is a folder with files of a quarter of the size."""


@dataclass(frozen=True)
class Moved:
    """One transfer."""

    seconds: float
    mebibytes: float
    """Peak memory."""


@dataclass(frozen=True)
class Trip:
    """There and back again."""

    up: Moved
    down: Moved


def measure_transfers(pairs: int, mebibytes: int) -> Section:
    """Move a folder by the runner's transfers and by boto3's, in turns.

    Raises:
        BenchError: a transfer failed, or what came back is not what went.
    """
    with _folder() as folder, gateway() as server:
        server.client().create_bucket(Bucket=BUCKET)
        with step(f"writing {mebibytes} MiB"):
            _fill(folder / "whole", mebibytes)
            _fill(folder / "quarter", mebibytes // 4)
        quarter = _travel(server, "argmin", folder / "quarter", folder)
        ours, plain = [], []
        for pair in range(pairs + 1):
            ours.append(_travel(server, "argmin", folder / "whole", folder))
            plain.append(_travel(server, "boto3", folder / "whole", folder))
            say(f"pair {pair}: runner {_tell(ours[-1])}, boto3 {_tell(plain[-1])}")
    return _conclude(ours[1:], plain[1:], quarter, mebibytes)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="argmin-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(folder: Path, mebibytes: int) -> None:
    folder.mkdir()
    for number in range(FILES):
        with (folder / f"file-{number:02}").open("wb") as file:
            left = mebibytes * 1024 * 1024 // FILES
            while left > 0:
                left -= file.write(os.urandom(min(left, 1024 * 1024)))


def _travel(server: Gateway, who: str, source: Path, folder: Path) -> Trip:
    target, prefix = folder / "back", f"{who}-{source.name}"
    shutil.rmtree(target, ignore_errors=True)
    up = _move(server, who, "up", prefix, source)
    down = _move(server, who, "down", prefix, target)
    for file in source.iterdir():
        if not _is_equal(file, target / file.name):
            raise BenchError(f"{who} brought {file.name} back otherwise than it went")
    _empty(server)
    return Trip(up, down)


def _move(server: Gateway, who: str, way: str, prefix: str, folder: Path) -> Moved:
    command = [sys.executable, "-m", "tests.bench.transfer_program", who, way]
    keys = {"AWS_ACCESS_KEY_ID": ROOT_KEYS[0], "AWS_SECRET_ACCESS_KEY": ROOT_KEYS[1]}
    done = subprocess.run(
        [*command, server.url, BUCKET, prefix, str(folder)],
        capture_output=True,
        text=True,
        timeout=TRANSFER_TIMEOUT,
        env={**os.environ, **keys},
        check=False,
    )
    if done.returncode != 0:
        raise BenchError(f"{who} {way} ended with {done.returncode}:\n{done.stderr}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Moved(said["seconds"], said["mebibytes"])


def _is_equal(one: Path, other: Path) -> bool:
    return subprocess.run(["cmp", "--silent", one, other], check=False).returncode == 0


def _empty(server: Gateway) -> None:
    client = server.client()
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for item in page.get("Contents", ()):
            client.delete_object(Bucket=BUCKET, Key=item["Key"])


def _tell(trip: Trip) -> str:
    return f"{trip.up.seconds:.2f} s up, {trip.down.seconds:.2f} s down"


def _conclude(
    ours: Sequence[Trip], plain: Sequence[Trip], quarter: Trip, mebibytes: int
) -> Section:
    figures: list[Figure] = []
    for way, title in (("up", "upload"), ("down", "download")):
        runner = [getattr(trip, way) for trip in ours]
        alone = [getattr(trip, way) for trip in plain]
        rates = Samples.of(mebibytes / moved.seconds for moved in runner)
        others = Samples.of(mebibytes / moved.seconds for moved in alone)
        figures += [
            Figure(f"{title}, runner", rates, Unit.MEBIBYTES_PER_SECOND),
            Figure(f"{title}, boto3", others, Unit.MEBIBYTES_PER_SECOND),
            Figure(
                f"{title}, runner / boto3", rates.over(others), Unit.TIMES, at_least(TARGET_RATE)
            ),
        ]
    figures += _judge_memory(ours, plain, quarter)
    return Section(
        "Files to and from an object store",
        _METHOD.format(mebibytes=mebibytes, files=FILES),
        tuple(figures),
    )


def _judge_memory(ours: Sequence[Trip], plain: Sequence[Trip], quarter: Trip) -> list[Figure]:
    peaks = Samples.of(_find_peak(trip) for trip in ours)
    small = Samples.of([_find_peak(quarter)] * peaks.count)
    return [
        Figure("peak memory, runner", peaks, Unit.MEBIBYTES),
        Figure("peak memory, boto3", Samples.of(map(_find_peak, plain)), Unit.MEBIBYTES),
        Figure(
            "peak memory, runner, whole / a quarter",
            peaks.over(small),
            Unit.TIMES,
            at_most(TARGET_MEMORY),
        ),
    ]


def _find_peak(trip: Trip) -> float:
    return max(trip.up.mebibytes, trip.down.mebibytes)
