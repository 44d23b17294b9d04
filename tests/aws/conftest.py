"""One emulator for all tests of a process, as on its first day for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws.emulator import Aws, emulator
from tests.aws.stage import Stage


@pytest.fixture(scope="session")
def shared_aws() -> Iterator[Aws]:
    with emulator() as aws:
        yield aws


@pytest.fixture
def aws(shared_aws: Aws) -> Aws:
    shared_aws.reset()
    return shared_aws


@pytest.fixture
def stage(aws: Aws) -> Stage:
    return Stage(aws)
