"""One transfer of a folder, by `python -m tests.bench.transfer_program` and its arguments:
WHO WAY URL BUCKET PREFIX FOLDER.

WHO is `argmin`, the runner's own transfers, or `boto3`, its transfer manager and nothing else; WAY
is `up` or `down`. Credentials come from the environment. It prints seconds and the largest resident
memory in MiB; the imports count for neither side.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from s3transfer.manager import TransferManager

from argmin.api.files import Output
from argmin.api.run import Download, Transfers
from argmin.api.storage import S3Object, S3Store
from argmin_solvers.artifacts.downloads import fetch_inputs
from argmin_solvers.artifacts.result import open_shipping
from argmin_solvers.outputs.files import find_outputs
from argmin_solvers.process.interruption import Interruption

_MIB = 1024 * 1024


def main() -> None:
    """Move the folder once."""
    who, way, url, bucket, prefix, folder = sys.argv[1:]
    move = {
        ("argmin", "up"): send_as_runner,
        ("argmin", "down"): fetch_as_runner,
        ("boto3", "up"): send_plainly,
        ("boto3", "down"): fetch_plainly,
    }[who, way]
    seconds = move(url, bucket, prefix, Path(folder))
    print(json.dumps({"seconds": seconds, "mebibytes": read_peak_memory()}))


def send_as_runner(url: str, bucket: str, prefix: str, folder: Path) -> float:
    """As after a run: files are found, and each goes as soon as its digest is taken."""
    store = S3Store(bucket=bucket, prefix=prefix, endpoint=url)
    began = time.monotonic()
    found = find_outputs([Output(name="data", path=str(folder))])
    with open_shipping(Transfers(result=store), Interruption()) as shipping:
        shipping.send_outputs(found)
    return time.monotonic() - began


def fetch_as_runner(url: str, bucket: str, prefix: str, folder: Path) -> float:
    """As before a run: the folder is listed, and each file is checked when it is there."""
    source = S3Object(bucket=bucket, prefix=f"{prefix}/outputs/data", endpoint=url)
    transfers = Transfers(downloads=(Download(name="data", source=source, path=str(folder)),))
    began = time.monotonic()
    fetch_inputs(transfers, Interruption())
    return time.monotonic() - began


def send_plainly(url: str, bucket: str, prefix: str, folder: Path) -> float:
    """All files at once to the transfer manager, as it is."""
    began = time.monotonic()
    _, manager = _open(url)
    futures = [
        manager.upload(str(file), bucket, f"{prefix}/outputs/data/{file.name}")
        for file in sorted(folder.iterdir())
    ]
    for future in futures:
        future.result()
    return time.monotonic() - began


def fetch_plainly(url: str, bucket: str, prefix: str, folder: Path) -> float:
    """A list of the keys, and all of them at once to the transfer manager."""
    folder.mkdir()
    began = time.monotonic()
    client, manager = _open(url)
    listing = client.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/outputs/data/")
    futures = [
        manager.download(bucket, item["Key"], str(folder / Path(item["Key"]).name))
        for item in listing["Contents"]
    ]
    for future in futures:
        future.result()
    return time.monotonic() - began


def read_peak_memory() -> float:
    """Largest resident set of this process in MiB; getrusage would count a parent's too."""
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak, "Linux tells it"
    return int(peak[1]) * 1024 / _MIB


def _open(url: str) -> tuple[Any, Any]:
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    return client, TransferManager(client)


if __name__ == "__main__":
    main()
