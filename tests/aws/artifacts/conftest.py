"""Each test of artifacts runs against both S3 servers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.process.interruption import Interruption
from tests.aws.emulator import Aws, administrator
from tests.aws.relay import Relay, relay
from tests.aws.stores import Store
from tests.aws.versitygw import ROOT_KEYS, STRANGER_KEYS, Gateway, gateway


@pytest.fixture(autouse=True)
def _own_python_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the image and `argmin run` have it, so that programs find argmin_solvers."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)


@pytest.fixture(scope="session")
def shared_gateway() -> Iterator[Gateway]:
    with gateway() as server:
        yield server


@pytest.fixture
def gateway_store(shared_gateway: Gateway, tmp_path: Path) -> Store:
    return Store(
        "versitygw",
        shared_gateway.url,
        shared_gateway.client(),
        ROOT_KEYS,
        STRANGER_KEYS,
        tmp_path / "secrets",
    )


@pytest.fixture
def emulator_store(aws: Aws, tmp_path: Path) -> Store:
    keys = administrator()
    iam = aws.client("iam")
    iam.create_user(UserName="stranger")
    stranger = iam.create_access_key(UserName="stranger")["AccessKey"]
    aws.configure(iam=True)
    return Store(
        "emulator",
        aws.url,
        aws.client("s3"),
        (keys["AccessKeyId"], keys["SecretAccessKey"]),
        (stranger["AccessKeyId"], stranger["SecretAccessKey"]),
        tmp_path / "secrets",
    )


@pytest.fixture(params=["versitygw", "emulator"])
def store(request: pytest.FixtureRequest) -> Store:
    fixtures = {"versitygw": "gateway_store", "emulator": "emulator_store"}
    found: Store = request.getfixturevalue(fixtures[request.param])
    return found


@pytest.fixture
def network(store: Store) -> Iterator[Relay]:
    with relay(store.url) as network:
        yield network


@pytest.fixture
def interruption() -> Interruption:
    return Interruption()


@pytest.fixture
def persistence(interruption: Interruption) -> Persistence:
    """As in a run, with shorter waits."""
    return Persistence(interruption, seconds=60, longest_wait_seconds=0.2)
