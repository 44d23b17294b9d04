"""However large the files, the memory of a transfer stays what it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.aws.stores import Store

pytestmark = pytest.mark.aws

SIZE = 400 * 1024 * 1024
MOST_MEBIBYTES = 200


@pytest.mark.parametrize("store", ["versitygw"], indirect=True)
def test_a_file_is_never_in_memory(store: Store, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "sparse").open("wb") as file:
        file.truncate(SIZE)
    keys = {"AWS_ACCESS_KEY_ID": store.keys[0], "AWS_SECRET_ACCESS_KEY": store.keys[1]}
    for way, folder in (("up", "data"), ("down", "back")):
        command = [sys.executable, "-m", "tests.bench.transfer_program", "argmin", way]
        told = subprocess.run(
            [*command, store.url, store.bucket, "large", str(tmp_path / folder)],
            env={**os.environ, **keys},
            capture_output=True,
            check=True,
            timeout=120,
        )
        assert json.loads(told.stdout.splitlines()[-1])["mebibytes"] < MOST_MEBIBYTES
    assert (tmp_path / "back" / "sparse").stat().st_size == SIZE
