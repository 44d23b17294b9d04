"""The kinds: one line each; generated files, command line and gauges follow from it."""

from __future__ import annotations

from argmin.api.kind_info import KindInfo
from argmin.api.optimization.info import OPTIMIZATION_JOB

KINDS: tuple[KindInfo, ...] = (OPTIMIZATION_JOB,)
