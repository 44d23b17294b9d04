"""The kinds: one line each, from which CRDs, reference and the chart's roles are generated."""

from __future__ import annotations

from argmin.api.kind_info import KindInfo
from argmin.api.optimization.info import OPTIMIZATION_JOB

KINDS: tuple[KindInfo, ...] = (OPTIMIZATION_JOB,)
