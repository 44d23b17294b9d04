"""What the README shows works."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.aws.control import Events, FaultKind, JobFailures, Settings
from tests.aws.environment import emulator_python
from tests.cluster.cache import REPOSITORY

pytestmark = pytest.mark.aws

README = (Path(__file__).parent / "README.md").read_text()

# Calls the operation of the example as the gateway does.
CALL = """
from types import SimpleNamespace
settings = SimpleNamespace(quotas={"jobs": 3})
context = SimpleNamespace(world=SimpleNamespace(settings=settings))
function, _ = SERVICE.operations["GetServiceQuota"]
assert function({"QuotaCode": "jobs"}, context)["Quota"]["Value"] == 3.0
try:
    function({"QuotaCode": "pods"}, context)
except AwsError as error:
    print(error.code)
"""


def test_the_operation_of_the_example_answers() -> None:
    example = README.partition("## Add an operation")[2].split("```python\n")[1].split("```")[0]
    done = subprocess.run(
        [str(emulator_python()), "-c", example + CALL],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "NoSuchResourceException", done.stderr


def test_every_fault_and_every_setting_is_told() -> None:
    told = set(re.findall(r"[a-z_-]+", README))
    settings = {*Settings.model_fields, *Events.model_fields}
    faults = {str(kind) for kind in FaultKind}
    assert (settings | faults) - told == set()
    assert {*JobFailures.model_fields} - told == set()
