"""The case of a namespaced kind with several runs."""

from __future__ import annotations

from tests.contract.case import Case
from tests.kinds.errand import ERRAND, ERRANDS, ErrandKind
from tests.worlds.jobs import OPTIMAL, end_pods, run_pods

CASE = Case(
    name="bounded",
    build=lambda world: ErrandKind(lambda: world.now),
    info=ERRAND,
    resource=ERRANDS,
    manifest={
        "metadata": {"name": "letters", "namespace": "team"},
        "spec": {"text": "to post", "parts": 3},
    },
    invalid={"text": "x"},
    stages=(run_pods, lambda world: end_pods(world, OPTIMAL)),
)
