"""The case of a namespaced kind with several runs."""

from __future__ import annotations

from argmin.kinds import Registration
from tests.contract.case import Case
from tests.kinds.errand import ERRAND, ErrandKind
from tests.worlds.jobs import OPTIMAL, end_pods, run_pods

CASE = Case(
    name="bounded",
    register=lambda _: Registration(ERRAND, ErrandKind),
    info=ERRAND,
    manifest={
        "metadata": {"name": "letters", "namespace": "team"},
        "spec": {"text": "to post", "parts": 3},
    },
    invalid={"text": "x"},
    stages=(run_pods, lambda world: end_pods(world, OPTIMAL)),
)
