"""Where `argmin result` looks for a result: by its run, and where an older argmin kept it."""

from __future__ import annotations

import base64
import gzip
from types import SimpleNamespace
from typing import Any

from argmin.api.run import ANNOTATION_POD, SOLUTION_KEY
from argmin.cli.kinds.registry import VIEWS
from argmin.cli.results.fetch import fetch_part
from argmin.plan import Key, Manifest

RUN = "steel-1a2b3c4d"
UID = "uid-steel"


def keep(content: bytes, pod: str = f"{RUN}-abcde", uid: str = UID) -> Manifest:
    metadata = {"name": "any", "annotations": {ANNOTATION_POD: pod}}
    packed = base64.b64encode(gzip.compress(content)).decode()
    return {
        "metadata": {**metadata, "ownerReferences": [{"uid": uid}]},
        "binaryData": {SOLUTION_KEY: packed},
    }


async def fetch(found: dict[str, Manifest], **status: Any) -> bytes | None:
    """The solution of a job with this status, where these ConfigMaps are there."""

    async def get(key: Key) -> Manifest | None:
        return found.get(key.name)

    session: Any = SimpleNamespace(namespace="team", cluster=SimpleNamespace(get=get))
    run = VIEWS[0].find_run(
        {
            "metadata": {"name": "steel", "namespace": "team", "uid": UID},
            "spec": {"model": {"format": "mps", "source": {"inline": "NAME"}}},
            "status": {"job": RUN, **status},
        }
    )
    assert run is not None
    return await fetch_part(session, run, SOLUTION_KEY)


def refer(name: str) -> dict[str, str]:
    return {"configMap": name, "key": SOLUTION_KEY}


async def test_the_result_of_the_run_is_found_with_and_without_a_reference() -> None:
    found = {f"{RUN}-result": keep(b"new"), "steel-result": keep(b"old")}
    assert await fetch(found) == b"new"
    assert await fetch(found, solutionRef=refer(f"{RUN}-result")) == b"new"


async def test_a_result_that_an_older_argmin_refers_to_is_found() -> None:
    found = {"steel-result": keep(b"old", pod="any", uid="any")}
    assert await fetch(found, solutionRef=refer("steel-result")) == b"old"


async def test_a_result_that_an_older_argmin_took_just_before_an_upgrade_is_found() -> None:
    found = {"steel-result": keep(b"old")}
    assert await fetch(found, solutionRef=refer(f"{RUN}-result")) == b"old"
    assert await fetch(found) == b"old"


async def test_the_result_of_a_namesake_or_of_an_earlier_spec_is_not_taken_for_this_one() -> None:
    assert await fetch({"steel-result": keep(b"old", uid="uid-namesake")}) is None
    assert await fetch({"steel-result": keep(b"old", pod="steel-99999999-abcde")}) is None
    assert await fetch({}) is None
