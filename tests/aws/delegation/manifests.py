"""Jobs that are small, and say no more than they must: all else is the namespace's default."""

from __future__ import annotations

from typing import Any

from tests.kubectl import Object

BLEND = """\
Maximize
  value: 3 x + 2 y
Subject To
  capacity: x + y <= 4
Bounds
  x <= 3
End
"""
BLEND_VALUE = "11.0"

ENDLESS = """\
import signal, sys, time
from argmin_solvers import report

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
report(objective=7, sense="Minimize", outcome="Feasible")
print("searching", flush=True)
while True:
    time.sleep(0.1)
"""
"""A program that has something to show, and goes on until it is told to stop."""


TALKATIVE = """\
from argmin_solvers import report

report(objective=11, sense="Maximize", outcome="Optimal")
report(**{f"a-metric-with-a-long-name-{number}": number for number in range(60)})
"""
"""Its answer is longer than the exit message: it has to be read from the store."""


def build_job(name: str, **spec: Any) -> Object:
    """An OptimizationJob on SageMaker."""
    return {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "metadata": {"name": name},
        "spec": {"backend": {"sageMaker": {}}, **spec},
    }


def build_blend(name: str, **spec: Any) -> Object:
    """One that solves a linear program at once; its value is `BLEND_VALUE`."""
    return build_job(name, model={"format": "lp", "source": {"inline": BLEND}}, **spec)


def build_program(name: str, text: str, **spec: Any) -> Object:
    """One that runs a program."""
    return build_job(name, script={"source": {"inline": text}}, **spec)


def build_talkative(name: str, **spec: Any) -> Object:
    """One with 60 metrics, more than its exit message can tell."""
    return build_program(name, TALKATIVE, **spec)


def build_endless(name: str, **spec: Any) -> Object:
    """One that goes on until it is stopped, with a feasible answer in hand."""
    return build_program(name, ENDLESS, **spec)
