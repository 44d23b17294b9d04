"""Prometheus gauges of the running searches, present while the status reports progress."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from argmin.plan import Key, Manifest

MOST_SEARCHES = 1000
"""Maximum number of exported searches, to bound the size of a scrape."""

_GAUGES = (
    ("argmin_solve_objective", "Objective of the incumbent of a search that runs.", "objective"),
    ("argmin_solve_bound", "Best proven bound of a search that runs.", "bestBound"),
    ("argmin_solve_gap_ratio", "Relative gap of a search that runs: 0.01 is 1 %.", "gap"),
)


class SolveGauges(Collector):
    """The progress in the status of each object, as numbers."""

    def __init__(self) -> None:
        self._told: dict[Key, Manifest] = {}

    def note(self, key: Key, manifest: Manifest | None) -> None:
        """Update the samples of an object from its status; `None` if the object is gone."""
        progress = ((manifest or {}).get("status") or {}).get("progress")
        if not isinstance(progress, dict):
            self._told.pop(key, None)
        elif key in self._told or len(self._told) < MOST_SEARCHES:
            self._told[key] = progress

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One gauge for each field, with one sample for each object that has it."""
        for name, documentation, field in _GAUGES:
            gauge = GaugeMetricFamily(name, documentation, labels=["namespace", "name"])
            for key, progress in self._told.items():
                value = _to_number(progress.get(field))
                if value is not None:
                    gauge.add_metric([key.namespace, key.name], value)
            yield gauge


def _to_number(text: Any) -> float | None:
    """The nearest float of a decimal text; `None` if it cannot be parsed or is not finite."""
    try:
        number = float(text) if text is not None else math.nan
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
